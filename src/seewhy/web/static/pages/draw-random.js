// @ts-check
/** A random picture from a data set, in grey and fitted to the drawing area. Fetched when first asked for. */

import { picture, put } from "../colours.js";
import { inkEncode } from "../wire.js";

/** @typedef {typeof import("../api.js")} Api */

const BRIGHTNESS = [0.299, 0.587, 0.114]; // of red, green and blue, as people see it (ITU-R BT.601)

/** One picture as ink: of the first set in `wanted` that is here, else a digit. @param {Api} api @param {string[]} wanted @param {number} width @param {number} height @returns {Promise<string>} */
export async function randomPicture(api, wanted, width, height) {
  const here = (await api.datasets()).filter(({ available }) => available);
  const set = [...wanted, "digits"].map((name) => here.find((one) => one.name === name)).find(Boolean);
  if (!set) throw new Error("there is no data set to take a picture from");
  const [split, count] = Object.entries(set.splits)[0];
  const { data: values, shape } = await api.image(`${set.name}/${split}/${Math.floor(Math.random() * count)}`);
  const [rows, columns] = shape.slice(-2);
  const data = grey(/** @type {Float32Array} */ (values), rows * columns);
  const same = rows === height && columns === width;
  return inkEncode(same ? Uint8Array.from(data, (value) => Math.round(255 * value)) : fitted(data, columns, rows, width, height));
}

/** One channel of one or three. @param {Float32Array} values @param {number} size */
function grey(values, size) {
  if (values.length === size) return values;
  return Float32Array.from({ length: size }, (_, i) => BRIGHTNESS.reduce((sum, part, channel) => sum + part * values[channel * size + i], 0));
}

/** Smooth, in another size. @param {Float32Array} values @param {number} columns @param {number} rows @param {number} width @param {number} height */
function fitted(values, columns, rows, width, height) {
  const small = document.createElement("canvas");
  put(small, picture(values, columns, rows));
  const large = Object.assign(document.createElement("canvas"), { width, height });
  const pen = /** @type {CanvasRenderingContext2D} */ (large.getContext("2d"));
  pen.imageSmoothingQuality = "high";
  pen.drawImage(small, 0, 0, width, height);
  const { data } = pen.getImageData(0, 0, width, height);
  return Uint8Array.from({ length: width * height }, (_, i) => data[4 * i]);
}
