// @ts-check
/** Bytes to arrays: safetensors, npy, base64 and ink. Knows formats, nothing of the server that speaks them. */

/** @typedef {Float32Array | Float64Array | Uint8Array | Int8Array | Int16Array | Int32Array | Uint32Array | BigInt64Array} Numbers */
/** @typedef {{ data: Numbers, shape: number[] }} Tensor */
/** @typedef {{ metadata: Record<string, string>, arrays: Record<string, Tensor> }} Bundle */

/** @type {Record<string, new (buffer: ArrayBuffer) => Numbers>} */
const SAFETENSORS = {
  F32: Float32Array, F64: Float64Array, U8: Uint8Array, I8: Int8Array, BOOL: Uint8Array,
  I16: Int16Array, I32: Int32Array, U32: Uint32Array, I64: BigInt64Array,
};
/** @type {Record<string, new (buffer: ArrayBuffer) => Numbers>} */
const NPY = { "<f4": Float32Array, "<f8": Float64Array, "|u1": Uint8Array, "|b1": Uint8Array, "<i4": Int32Array, "<i8": BigInt64Array };

/** Named arrays and text from one safetensors file. @param {ArrayBuffer} buffer @returns {Bundle} */
export function safetensors(buffer) {
  const length = Number(new DataView(buffer).getBigUint64(0, true));
  const { __metadata__: metadata = {}, ...entries } = JSON.parse(new TextDecoder().decode(new Uint8Array(buffer, 8, length)));
  /** @type {Record<string, Tensor>} */
  const arrays = {};
  for (const [name, { dtype, shape, data_offsets: [start, end] }] of Object.entries(entries)) {
    const Type = SAFETENSORS[dtype];
    if (!Type) throw new TypeError(`array ${name} is of type ${dtype}, which this page cannot read`);
    arrays[name] = { data: new Type(buffer.slice(8 + length + start, 8 + length + end)), shape }; // a copy, so that it is aligned
  }
  return { metadata, arrays };
}

/** One array from an npy file. @param {ArrayBuffer} buffer @returns {Tensor} */
export function npy(buffer) {
  const view = new DataView(buffer);
  const wide = view.getUint8(6) > 1;
  const start = wide ? 12 : 10;
  const length = wide ? view.getUint32(8, true) : view.getUint16(8, true);
  const header = new TextDecoder().decode(new Uint8Array(buffer, start, length));
  const Type = NPY[/'descr': '([^']+)'/.exec(header)?.[1] ?? ""];
  if (!Type || /'fortran_order': True/.test(header)) throw new TypeError(`this page cannot read the array ${header}`);
  const shape = (/'shape': \(([^)]*)\)/.exec(header)?.[1] ?? "").split(",").filter((part) => part.trim()).map(Number);
  return { data: new Type(buffer.slice(start + length)), shape };
}

/** @param {Uint8Array} bytes */
export function base64(bytes) {
  let text = "";
  for (let i = 0; i < bytes.length; i += 8192) text += String.fromCharCode(...bytes.subarray(i, i + 8192));
  return btoa(text);
}

/** A square grey drawing as text that fits into a link. @param {Uint8Array} pixels @returns {Promise<string>} */
export async function inkEncode(pixels) {
  const packed = await pipe(pixels, new CompressionStream("deflate-raw"));
  return base64(packed).replace(/\+/g, "-").replace(/\//g, "_").replace(/=+$/, "");
}

/** The drawing back, (side·side) bytes; an error if the text is not one. @param {string} text @returns {Promise<Uint8Array>} */
export async function inkDecode(text) {
  const packed = Uint8Array.from(atob(text.replace(/^ink:/, "").replace(/-/g, "+").replace(/_/g, "/")), (c) => c.charCodeAt(0));
  const pixels = await pipe(packed, new DecompressionStream("deflate-raw"), 512 * 512);
  if (!pixels.length || !Number.isInteger(Math.sqrt(pixels.length))) throw new RangeError(`ink must be a square, got ${pixels.length} pixels`);
  return pixels;
}

/** @param {Uint8Array} bytes @param {CompressionStream | DecompressionStream} through @param {number} [limit] */
async function pipe(bytes, through, limit = Infinity) {
  const stream = new Blob([/** @type {Uint8Array<ArrayBuffer>} */ (bytes)]).stream().pipeThrough(through);
  const parts = [];
  let size = 0;
  for (const reader = stream.getReader(); ; ) {
    const { done, value } = await reader.read();
    if (done) break;
    if ((size += value.length) > limit) throw new RangeError(`ink is larger than ${limit} pixels`);
    parts.push(value);
  }
  return new Uint8Array(await new Blob(parts).arrayBuffer());
}
