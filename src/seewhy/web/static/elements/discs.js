// @ts-check
/** Where numbers go on a picture: in the middle of their rectangle, and where these meet, fanned out inside of it. Knows rectangles only. */

/** @typedef {[top: number, left: number, bottom: number, right: number]} Box pixels, all four inside */

const ROUNDS = 40;

/**
 * One point (x, y) for each box, as shares of the picture; always inside its box, `apart` from the others where the boxes allow it.
 * @param {Box[]} boxes @param {number} width @param {number} height @param {number} apart a share of the width
 * @returns {[number, number][]}
 */
export function place(boxes, width, height, apart) {
  const tall = height / width;
  const limits = boxes.map(([top, left, bottom, right]) => ({ low: [left / width, (top / height) * tall], high: [(right + 1) / width, ((bottom + 1) / height) * tall] }));
  const points = limits.map(({ low, high }) => [(low[0] + high[0]) / 2, (low[1] + high[1]) / 2]);
  for (let round = 0; round < ROUNDS; round++) {
    let moved = false;
    for (let a = 0; a < points.length; a++) {
      for (let b = a + 1; b < points.length; b++) {
        let [dx, dy] = [points[b][0] - points[a][0], points[b][1] - points[a][1]];
        const distance = Math.hypot(dx, dy);
        if (distance >= apart) continue;
        moved = true;
        if (distance < 1e-6) [dx, dy] = [Math.cos(2.4 * b), Math.sin(2.4 * b)]; // the golden angle: no two go the same way
        const push = (apart - distance) / 2 / Math.hypot(dx, dy);
        shift(points[a], -dx * push, -dy * push, limits[a]);
        shift(points[b], dx * push, dy * push, limits[b]);
      }
    }
    if (!moved) break;
  }
  return points.map(([x, y]) => [x, y / tall]);
}

/** @param {number[]} point @param {number} dx @param {number} dy @param {{ low: number[], high: number[] }} limits */
function shift(point, dx, dy, { low, high }) {
  [dx, dy].forEach((step, axis) => {
    const rim = Math.min(0.02, (high[axis] - low[axis]) / 2);
    point[axis] = Math.min(high[axis] - rim, Math.max(low[axis] + rim, point[axis] + step));
  });
}
