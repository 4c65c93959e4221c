// @ts-check
/** The hash as state: `#/page/path?key=value`, read, corrected and written. Knows no page. */

/** @typedef {{ page: string, path: string, params: URLSearchParams }} Route */
/** @typedef {(raw: string) => unknown} Rule gives the value, or undefined if the text is not one */

/** @param {string} hash @returns {Route} */
export function parse(hash) {
  const [place, query = ""] = split(hash.replace(/^#?\/?/, ""), "?");
  const [page, path] = split(place, "/");
  return { page: page || "draw", path: decode(path ?? ""), params: new URLSearchParams(query) };
}

/** @param {string} page @param {URLSearchParams | Record<string, unknown>} [params] @param {string} [path] */
export function format(page, params = {}, path = "") {
  const entries = params instanceof URLSearchParams ? [...params] : Object.entries(params);
  const query = entries
    .filter(([, value]) => value !== undefined && value !== null && value !== "" && value !== false)
    .map(([key, value]) => `${key}=${escape(value === true ? "1" : String(value))}`)
    .join("&");
  return `#/${page}${path && `/${escape(path)}`}${query && `?${query}`}`;
}

/**
 * Reads the keys that have a rule; names everything it had to drop.
 * @param {URLSearchParams} params @param {Record<string, Rule>} rules
 * @returns {{ values: Record<string, any>, corrections: string[] }}
 */
export function read(params, rules) {
  /** @type {Record<string, unknown>} */
  const values = {};
  const corrections = [];
  for (const [key, raw] of params) {
    const rule = Object.hasOwn(rules, key) ? rules[key] : undefined;
    const value = rule?.(raw);
    if (value === undefined) corrections.push(rule ? `${key}=${short(raw)} is not possible here` : `“${short(key)}” is unknown`);
    else values[key] = value;
  }
  return { values, corrections };
}

/** @param {readonly string[]} names @returns {Rule} */
export const oneOf = (names) => (raw) => (names.includes(raw) ? raw : undefined);

/** @param {number} low @param {number} high @returns {Rule} */
export const within = (low, high) => (raw) => (/^-?\d+(\.\d+)?$/.test(raw) && +raw >= low && +raw <= high ? +raw : undefined);

/** @param {number} count @returns {Rule} */
export const below = (count) => (raw) => (/^\d+$/.test(raw) && +raw < count ? +raw : undefined);

/** @type {Rule} */
export const flag = (raw) => ({ 1: true, 0: false })[raw];

/** @param {string} text */
function short(text) {
  return text.length > 24 ? `${text.slice(0, 24)}…` : text;
}

/** @param {string} text @param {string} at @returns {[string, string | undefined]} */
function split(text, at) {
  const i = text.indexOf(at);
  return i < 0 ? [text, undefined] : [text.slice(0, i), text.slice(i + 1)];
}

/** @param {string} text */
function decode(text) {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}

/** Links stay readable: / : ~ , are kept as they are. @param {string} text */
function escape(text) {
  return encodeURIComponent(text).replace(/%(2F|3A|7E|2C)/g, decodeURIComponent);
}
