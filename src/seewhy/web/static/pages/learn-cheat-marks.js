// @ts-check
/** The square in a corner of a made picture: where it is, its colour, and the picture with it in another one. Knows pixels only. */

/** @typedef {{ address: string, label: string, pixels: Float32Array, shape: number[] }} Picture pixels: (C, H, W) in 0…1 */

const SIDE = 4; // of the square, in pixels
const MARGIN = 1; // between square and edge

/** The corner that holds one even colour. @param {Picture} picture @returns {{ top: number, left: number, colour: number[] } | null} */
export function markOf({ pixels, shape: [channels, height, width] }) {
  const places = [MARGIN, height - SIDE - MARGIN].flatMap((top) => [MARGIN, width - SIDE - MARGIN].map((left) => ({ top, left })));
  const at = (/** @type {number} */ c, /** @type {number} */ y, /** @type {number} */ x) => pixels[(c * height + y) * width + x];
  for (const { top, left } of places) {
    const colour = [...Array(channels).keys()].map((c) => at(c, top, left));
    const even = [...Array(SIDE * SIDE).keys()].every((i) => colour.every((value, c) => at(c, top + Math.floor(i / SIDE), left + (i % SIDE)) === value));
    if (even) return { top, left, colour };
  }
  return null;
}

/** The pixels of the square, and `around` more on each side, as places in (H, W). @param {Picture} picture @param {number} [around] */
export function blocks(picture, around = 0) {
  const mark = markOf(picture);
  const [, height, width] = picture.shape;
  const found = [];
  for (let y = (mark?.top ?? 0) - around; mark && y < mark.top + SIDE + around; y++) {
    for (let x = mark.left - around; x < mark.left + SIDE + around; x++) if (y >= 0 && x >= 0 && y < height && x < width) found.push(y * width + x);
  }
  return found;
}

/** The same picture with its square in `colour`. @param {Picture} picture @param {number[]} colour @returns {Picture} */
export function painted(picture, colour) {
  const pixels = picture.pixels.slice();
  const [, height, width] = picture.shape;
  for (const place of blocks(picture)) colour.forEach((value, c) => (pixels[c * height * width + place] = value));
  return { ...picture, pixels };
}
