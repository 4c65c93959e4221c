// @ts-check
/** The arithmetic of a nudge: x′ = x + ε · direction, kept within 0 and 1, and how far that is. Knows arrays, nothing of models. */

/** @typedef {{ data: Float32Array, shape: number[] }} Values (C, H, W) */

/** x′, and nothing leaves 0…1. @param {Float32Array} x @param {Float32Array} direction @param {number} eps */
export function nudged(x, direction, eps) {
  const out = new Float32Array(x.length);
  for (let i = 0; i < x.length; i++) out[i] = Math.max(0, Math.min(1, x[i] + Math.fround(eps * direction[i]))); // in 32 bits, as the model's own arithmetic
  return out;
}

/** x′ − x. @param {Float32Array} x @param {Float32Array} moved */
export const difference = (x, moved) => Float32Array.from(moved, (value, i) => value - x[i]);

/** The pixels that changed in any channel. @param {Float32Array} change @param {number} size pixels of the picture */
export const places = (change, size) => [...new Set(Array.from(change.keys()).filter((i) => change[i] !== 0).map((i) => i % size))];

/** Largest change of a value, Euclidean length of all, and how many pixels changed. @param {Float32Array} change @param {number} channels */
export function norms(change, channels) {
  const size = change.length / channels;
  let [linf, squares, l0] = [0, 0, 0];
  for (let i = 0; i < size; i++) {
    let any = false;
    for (let c = 0; c < channels; c++) {
      const value = Math.abs(change[c * size + i]);
      linf = Math.max(linf, value);
      squares += value * value;
      any ||= value > 0;
    }
    l0 += Number(any);
  }
  return { linf, l2: Math.sqrt(squares), l0 };
}

/** 0.007 → "0.007 = 1.8/255". @param {number} eps */
export const bothUnits = (eps) => `${short(eps)} = ${eighths(eps)}`;

/** In steps of an 8-bit pixel. @param {number} eps */
export const eighths = (eps) => `${+(255 * eps).toFixed(1)}/255`;

/** @param {number} eps */
export const short = (eps) => String(+eps.toPrecision(3));
