// @ts-check
/** A picture in pieces of which some are gone: which, how much is left, and what is seen. Knows arrays, no element and no server. */

/**
 * @typedef {object} Cut a picture and its pieces, as the server cut it
 * @property {Float32Array} image C·H·W, 0…1
 * @property {Float32Array} ground what is seen in place of what is gone
 * @property {Int32Array} pieces H·W: the piece of each pixel, −1 for background
 * @property {Int32Array} sequence the pieces, weakest first
 * @property {Float32Array} drops how much less sure the model is without each
 * @property {number} channels
 * @property {number} width
 * @property {number} height
 */

/** The last `count` of the sequence stay. @param {Cut} cut @param {number} count @returns {Uint8Array} 1 for each piece that stays */
export function strongest({ sequence }, count) {
  const alive = new Uint8Array(sequence.length);
  for (const piece of sequence.subarray(sequence.length - count)) alive[piece] = 1;
  return alive;
}

/** How many of the strongest make up at most a share of the content. @param {Cut} cut @param {number} share 0…1 */
export function fitting({ pieces, sequence }, share) {
  const sizes = new Float64Array(sequence.length);
  for (const piece of pieces) if (piece >= 0) sizes[piece]++;
  let [room, kept] = [share * sizes.reduce((a, b) => a + b, 0), 0];
  while (kept < sequence.length && (room -= sizes[sequence[sequence.length - 1 - kept]]) >= -0.5) kept++;
  return kept;
}

/** The pieces with a pixel in the mask. @param {Cut} cut @param {ArrayLike<number>} mask */
export function within({ pieces, sequence }, mask) {
  const alive = new Uint8Array(sequence.length);
  pieces.forEach((piece, at) => piece >= 0 && mask[at] && (alive[piece] = 1));
  return alive;
}

/** @param {Uint8Array} alive */
export const count = (alive) => alive.reduce((sum, one) => sum + one, 0);

/** How much of the content is left, 0…1, and in pixels. @param {Cut} cut @param {Uint8Array} alive */
export function left({ pieces }, alive) {
  let [kept, all] = [0, 0];
  for (const piece of pieces) {
    if (piece < 0) continue;
    all++;
    kept += alive[piece];
  }
  return { share: all ? kept / all : 0, pixels: kept };
}

/** What is seen, C·H·W. @param {Cut} cut @param {Uint8Array} alive */
export function shown({ image, ground, pieces }, alive) {
  const size = pieces.length;
  return image.map((value, at) => (pieces[at % size] >= 0 && !alive[pieces[at % size]] ? ground[at] : value));
}

/** The same as 8-bit pixels, H·W·C. @param {Cut} cut @param {Uint8Array} alive */
export function bytes(cut, alive) {
  const { channels, pieces: { length: size } } = cut;
  const seen = shown(cut, alive);
  return Uint8Array.from({ length: size * channels }, (_, i) => Math.round(255 * seen[(i % channels) * size + Math.floor(i / channels)]));
}

/** Where a number can stand on each piece: the pixel of it that is nearest to its middle, as shares of width and height. @param {Cut} cut */
export function middles({ pieces, width, height, sequence }) {
  const sums = Array.from(sequence, () => ({ x: 0, y: 0, n: 0, best: Infinity, at: { x: 0, y: 0 } }));
  const each = (/** @type {(sum: (typeof sums)[0], x: number, y: number) => void} */ act) => pieces.forEach((piece, at) => piece >= 0 && act(sums[piece], at % width, Math.floor(at / width)));
  each((sum, x, y) => void ((sum.x += x), (sum.y += y), sum.n++));
  each((sum, x, y) => {
    const far = (x - sum.x / sum.n) ** 2 + (y - sum.y / sum.n) ** 2;
    if (far < sum.best) Object.assign(sum, { best: far, at: { x: (x + 0.5) / width, y: (y + 0.5) / height } });
  });
  return sums.map(({ at }) => at);
}
