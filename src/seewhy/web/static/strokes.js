// @ts-check
/** Which stroke of the pen each pixel of a drawing belongs to. Knows pixels and places, no element. */

/** @typedef {{ x: number, y: number }} Place */

const LONGEST = 0.25; // of the picture's side: a longer stroke is several pieces
const MOST = 255; // numbers that fit into a byte

/**
 * The number of the stroke that each pixel was drawn with, from 1 on; 0 where there is none, or nobody knows.
 * @param {readonly { before: Uint8Array, way: Place[] }[]} strokes @param {Uint8Array} pixels as they are now @param {number} width @param {number} height
 */
export function numbersOf(strokes, pixels, width, height) {
  return strokes.reduce((numbers, { before, way }, at) => numbered(numbers, before, strokes[at + 1]?.before ?? pixels, way, width, height), new Uint8Array(pixels.length));
}

/**
 * The numbers after one more stroke: what is brighter now belongs to the nearest part of its way. A long way is cut into parts of equal length.
 * @param {Uint8Array} numbers H·W @param {Uint8Array} before @param {Uint8Array} after @param {Place[]} way @param {number} width @param {number} height
 */
function numbered(numbers, before, after, way, width, height) {
  const first = numbers.reduce((most, number) => Math.max(most, number), 0) + 1;
  const lengths = way.map((here, at) => (at ? Math.hypot(here.x - way[at - 1].x, here.y - way[at - 1].y) : 0));
  const all = lengths.reduce((a, b) => a + b, 0);
  const parts = Math.max(1, Math.ceil(all / Math.max(4, Math.round(LONGEST * Math.max(width, height)))));
  let far = 0;
  const part = lengths.map((length) => Math.min(parts - 1, Math.floor((((far += length) - length / 2) / (all || 1)) * parts)));
  return numbers.map((number, at) => {
    if (!after[at]) return 0;
    if (after[at] <= before[at]) return number;
    return Math.min(MOST, first + part[nearest(way, (at % width) + 0.5, Math.floor(at / width) + 0.5)]);
  });
}

/** The numbers where the model saw the drawing moved and scaled. @param {Uint8Array} numbers @param {{ scale: number, x: number, y: number }} placed of the seen picture on the drawing, in widths @param {number} width @param {number} height */
export function moved(numbers, { scale, x, y }, width, height) {
  return numbers.map((_, at) => {
    const column = Math.floor(scale * ((at % width) + 0.5) + x * width);
    const row = Math.floor(scale * (Math.floor(at / width) + 0.5) + y * height);
    return column >= 0 && row >= 0 && column < width && row < height ? numbers[row * width + column] : 0;
  });
}

/** @param {Place[]} way @param {number} x @param {number} y */
function nearest(way, x, y) {
  let [best, least] = [0, Infinity];
  way.forEach((here, at) => {
    const far = (here.x - x) ** 2 + (here.y - y) ** 2;
    if (far < least) [best, least] = [at, far];
  });
  return best;
}
