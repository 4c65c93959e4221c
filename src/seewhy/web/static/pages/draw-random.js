// @ts-check
/** A random digit from a data set, fitted to the drawing area. Fetched when first asked for. */

import { picture, put } from "../colours.js";
import { inkEncode } from "../wire.js";

/** @typedef {typeof import("../api.js")} Api */

/** One digit of the set `digits`, as ink. @param {Api} api @param {number} width @param {number} height @returns {Promise<string>} */
export async function randomDigit(api, width, height) {
  const digits = (await api.datasets()).find(({ name }) => name === "digits");
  if (!digits) throw new Error("there is no data set called digits");
  const [split, count] = Object.entries(digits.splits)[0];
  const { data: values, shape } = await api.image(`digits/${split}/${Math.floor(Math.random() * count)}`);
  const data = /** @type {Float32Array} */ (values);
  const [rows, columns] = shape.slice(-2);
  const same = rows === height && columns === width;
  return inkEncode(same ? Uint8Array.from(data, (value) => Math.round(255 * value)) : fitted(data, columns, rows, width, height));
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
