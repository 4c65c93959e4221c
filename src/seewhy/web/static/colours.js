// @ts-check
/** Numbers to colours: blue against, grey nothing, red for; straight lines in OKLab, as in pictures.py. Knows no element. */

const AGAINST = [0x0f, 0x55, 0xb3];
const NOTHING = [0xc4, 0xc4, 0xc4];
const FOR = [0xbf, 0x1d, 0x20];

/** 256 colours; 1 is −1, 128 is 0, 255 is +1. */
export const LUT = table();

/** @typedef {{ pixels: ArrayLike<number>, channels: number }} Picture values 0…1, channel after channel */
/**
 * @typedef {object} Look
 * @property {"map" | "overlay" | "mask"} [view]
 * @property {number} [opacity] of the map over the picture, 0…1
 * @property {number} [over] 0: the map alone; 1: colours laid over the picture (view map only)
 * @property {number} [keep] mask: this share of the pixels stays
 * @property {Picture} [image]
 */

/** Row of the table for a value. @param {number} value @param {number} scale */
export function index(value, scale) {
  return Math.round(128 + 127 * Math.max(-1, Math.min(1, value / scale || 0)));
}

/**
 * The map as pixels; without a picture, what is not covered stays transparent.
 * @param {ArrayLike<number>} values @param {number} width @param {number} height @param {number} scale @param {Look} [look]
 */
export function paint(values, width, height, scale, look = {}) {
  const { view = "map", opacity = 1, image, keep = 0.2 } = look;
  const out = new ImageData(width, height);
  const size = width * height;
  const over = view === "overlay" ? 1 : look.over ?? 0;
  const floor = view === "mask" ? threshold(values, keep) : 0;
  for (let i = 0; i < size; i++) {
    const value = values[i];
    const strength = Math.min(1, Math.abs(value) / scale || 0);
    const row = 3 * index(value, scale);
    const end = value < 0 ? AGAINST : FOR;
    const kept = view === "mask" && Math.abs(value) >= floor && value !== 0;
    const cover = 1 - over * (1 - strength); // what has no value never takes colour from the overlay
    const alpha = view === "mask" ? Number(kept) : opacity * cover;
    for (let c = 0; c < 3; c++) {
      const under = image ? beneath(image, i, c, size, view) : 0;
      const colour = view === "mask" ? under : ((1 - over) * LUT[row + c] + over * strength * end[c]) / (cover || 1);
      const back = view === "mask" ? NOTHING[c] : under;
      out.data[4 * i + c] = image ? alpha * colour + (1 - alpha) * back : view === "mask" ? LUT[row + c] : colour;
    }
    out.data[4 * i + 3] = image ? 255 : Math.round(255 * alpha);
  }
  return out;
}

/** A picture as pixels. @param {ArrayLike<number>} pixels 0…`white` @param {number} width @param {number} height @param {number} [channels] @param {number} [white] */
export function picture(pixels, width, height, channels = 1, white = 1) {
  const out = new ImageData(width, height);
  const size = width * height;
  for (let i = 0; i < size; i++) {
    for (let c = 0; c < 3; c++) out.data[4 * i + c] = (255 / white) * pixels[channels === 1 ? i : c * size + i];
    out.data[4 * i + 3] = 255;
  }
  return out;
}

/** Puts pixels on a canvas of the same size. @param {HTMLCanvasElement} canvas @param {ImageData} pixels */
export function put(canvas, pixels) {
  if (canvas.width !== pixels.width) canvas.width = pixels.width;
  if (canvas.height !== pixels.height) canvas.height = pixels.height;
  canvas.getContext("2d")?.putImageData(pixels, 0, 0);
}

/** The value that the top `keep` of all |values| reach. @param {ArrayLike<number>} values @param {number} keep */
function threshold(values, keep) {
  let most = 0;
  for (let i = 0; i < values.length; i++) most = Math.max(most, Math.abs(values[i]));
  const counts = new Uint32Array(1024); // counting instead of sorting: 1024² pixels stay below one frame
  for (let i = 0; i < values.length; i++) counts[Math.min(1023, Math.floor((1024 * Math.abs(values[i])) / most)) || 0]++;
  let bin = 1024;
  for (let left = keep * values.length; bin > 0 && left > 0; ) left -= counts[--bin];
  return (bin / 1024) * most;
}

/**
 * The picture under the map: nearly grey, so that the map's colours stay readable.
 * @param {Picture} image @param {number} i @param {number} c @param {number} size @param {string} view
 */
function beneath({ pixels, channels }, i, c, size, view) {
  if (channels === 1) return 255 * pixels[i];
  const own = pixels[c * size + i];
  if (view === "mask") return 255 * own;
  const grey = 0.299 * pixels[i] + 0.587 * pixels[size + i] + 0.114 * pixels[2 * size + i];
  return 255 * (0.15 * own + 0.85 * grey);
}

function table() {
  const [against, nothing, pro] = [AGAINST, NOTHING, FOR].map(oklab);
  const lut = new Uint8Array(768);
  for (let i = 0; i < 256; i++) {
    const t = Math.max(-1, (i - 128) / 127);
    const end = t < 0 ? against : pro;
    lut.set(rgb(nothing.map((value, c) => value + Math.abs(t) * (end[c] - value))), 3 * i);
  }
  return lut;
}

// B. Ottosson, A perceptual color space for image processing, 2020
/** @param {number[]} bytes */
function oklab(bytes) {
  const [r, g, b] = bytes.map((byte) => (byte / 255 <= 0.04045 ? byte / 255 / 12.92 : ((byte / 255 + 0.055) / 1.055) ** 2.4));
  const l = Math.cbrt(0.4122214708 * r + 0.5363325363 * g + 0.0514459929 * b);
  const m = Math.cbrt(0.2119034982 * r + 0.6806995451 * g + 0.1073969566 * b);
  const s = Math.cbrt(0.0883024619 * r + 0.2817188376 * g + 0.6299787005 * b);
  return [
    0.2104542553 * l + 0.793617785 * m - 0.0040720468 * s,
    1.9779984951 * l - 2.428592205 * m + 0.4505937099 * s,
    0.0259040371 * l + 0.7827717662 * m - 0.808675766 * s,
  ];
}

/** @param {number[]} lab */
function rgb([L, a, b]) {
  const l = (L + 0.3963377774 * a + 0.2158037573 * b) ** 3;
  const m = (L - 0.1055613458 * a - 0.0638541728 * b) ** 3;
  const s = (L - 0.0894841775 * a - 1.291485548 * b) ** 3;
  return [
    4.0767416621 * l - 3.3077115913 * m + 0.2309699292 * s,
    -1.2684380046 * l + 2.6097574011 * m - 0.3413193965 * s,
    -0.0041960863 * l - 0.7034186147 * m + 1.707614701 * s,
  ].map((v) => Math.round(255 * Math.max(0, Math.min(1, v <= 0.0031308 ? 12.92 * v : 1.055 * v ** (1 / 2.4) - 0.055))));
}
