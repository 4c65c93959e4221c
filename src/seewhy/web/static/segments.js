// @ts-check
/** The straight line that LIME draws, computed as its masks come in: the same ridge regression from running sums. Knows numbers, no picture. */

/** @typedef {{ weights: Float64Array, r2: number }} Line */

/**
 * The line after the first masks, for each of the counts asked for; counts ascend.
 * @param {{ masks: ArrayLike<number>, scores: ArrayLike<number>, count: number, kernel: number, ridge: number }} seen masks: (S · P) 0 or 1, count: P
 * @param {number[]} counts @returns {Line[]}
 */
export function lines({ masks, scores, count: size, kernel, ridge }, counts) {
  const sums = { one: 0, y: 0, yy: 0, z: new Float64Array(size), zy: new Float64Array(size), zz: new Float64Array(size * size) };
  let done = 0;
  return counts.map((count) => {
    for (; done < count; done++) take(sums, masks, done, size, scores[done] - scores[0], kernel);
    return solve(sums, size, ridge);
  });
}

/** @typedef {{ one: number, y: number, yy: number, z: Float64Array, zy: Float64Array, zz: Float64Array }} Sums weighted by closeness */

/** @param {Sums} sums @param {ArrayLike<number>} masks @param {number} row @param {number} size @param {number} y @param {number} kernel */
function take(sums, masks, row, size, y, kernel) {
  /** @type {number[]} */
  const shown = [];
  for (let i = 0; i < size; i++) if (masks[row * size + i]) shown.push(i);
  const distance = 1 - Math.sqrt(shown.length / size);
  const closeness = Math.exp(-((distance / kernel) ** 2) / 2);
  sums.one += closeness;
  sums.y += closeness * y;
  sums.yy += closeness * y * y;
  for (const i of shown) {
    sums.z[i] += closeness;
    sums.zy[i] += closeness * y;
    for (const j of shown) sums.zz[i * size + j] += closeness;
  }
}

/** @param {Sums} sums @param {number} size @param {number} ridge @returns {Line} */
function solve({ one, y, yy, z, zy, zz }, size, ridge) {
  const inner = new Float64Array(size * size);
  const right = new Float64Array(size);
  for (let i = 0; i < size; i++) {
    right[i] = zy[i] - (z[i] * y) / one;
    for (let j = 0; j < size; j++) inner[i * size + j] = zz[i * size + j] - (z[i] * z[j]) / one;
  }
  const weights = cholesky(Float64Array.from(inner, (value, at) => value + (at % (size + 1) === 0 ? Math.max(ridge, 1e-9) : 0)), right, size);
  const spread = yy - (y * y) / one;
  let misfit = spread;
  for (let i = 0; i < size; i++) {
    misfit -= 2 * weights[i] * right[i];
    for (let j = 0; j < size; j++) misfit += weights[i] * weights[j] * inner[i * size + j];
  }
  return { weights, r2: spread > 1e-12 ? 1 - misfit / spread : 1 };
}

/** Solves A w = b for a symmetric positive A, which is overwritten. @param {Float64Array} a @param {Float64Array} b @param {number} size */
function cholesky(a, b, size) {
  for (let i = 0; i < size; i++) {
    for (let j = 0; j <= i; j++) {
      let sum = a[i * size + j];
      for (let k = 0; k < j; k++) sum -= a[i * size + k] * a[j * size + k];
      a[i * size + j] = i === j ? Math.sqrt(Math.max(sum, 1e-12)) : sum / a[j * size + j];
    }
  }
  const w = Float64Array.from(b);
  for (let i = 0; i < size; i++) {
    for (let k = 0; k < i; k++) w[i] -= a[i * size + k] * w[k];
    w[i] /= a[i * size + i];
  }
  for (let i = size - 1; i >= 0; i--) {
    for (let k = i + 1; k < size; k++) w[i] -= a[k * size + i] * w[k];
    w[i] /= a[i * size + i];
  }
  return w;
}

/** Is pixel i beside one of another segment, below or to the right? @param {ArrayLike<number>} ids @param {number} i @param {number} width */
export function border(ids, i, width) {
  return (i % width < width - 1 && ids[i] !== ids[i + 1]) || (i + width < ids.length && ids[i] !== ids[i + width]);
}

/** Few enough counts to show as a film: all at first, then ever larger steps. @param {number} total */
export function milestones(total) {
  const counts = [];
  for (let count = 1; count < total; count += Math.max(1, Math.floor(count / 12))) counts.push(count);
  return [...counts, total];
}
