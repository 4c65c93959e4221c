// @ts-check
/** How a centred picture lies on the drawing it came from, read off the two pictures. Knows grey pixels. */

/** @typedef {{ scale: number, x: number, y: number }} Placement of the seen picture on the drawing, x and y in widths */

/** @param {ArrayLike<number>} drawn @param {ArrayLike<number>} seen @param {number} width @param {number} height @returns {Placement} */
export function align(drawn, seen, width, height) {
  const [from, to] = [moments(drawn, width, height), moments(seen, width, height)];
  const ratio = Math.sqrt(from.spread / to.spread);
  const scale = Math.abs(ratio - 1) < 0.08 || !Number.isFinite(ratio) ? 1 : ratio;
  const place = (/** @type {number} */ a, /** @type {number} */ b) => (scale === 1 ? Math.round(a - b) : a - scale * b);
  return { scale, x: place(from.x, to.x) / width || 0, y: place(from.y, to.y) / height || 0 };
}

/** Centre of mass and mean squared distance from it. @param {ArrayLike<number>} pixels @param {number} width @param {number} height */
function moments(pixels, width, height) {
  let [mass, x, y, square] = [0, 0, 0, 0];
  for (let i = 0; i < width * height; i++) {
    const [px, py] = [(i % width) + 0.5, Math.floor(i / width) + 0.5];
    mass += pixels[i];
    x += pixels[i] * px;
    y += pixels[i] * py;
    square += pixels[i] * (px * px + py * py);
  }
  return { x: x / mass, y: y / mass, spread: square / mass - (x / mass) ** 2 - (y / mass) ** 2 };
}
