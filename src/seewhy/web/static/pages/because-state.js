// @ts-check
/** What a Because link asks: which picture, which path of rules down the layers, how searched, what is looked at; read, corrected, written. */

import { below, oneOf, read } from "../route.js";

/** One rule of the path. condition: which condition of the rule before it explains, null for the prediction; image: another picture than before.
 * @typedef {{ condition: number | null, layer: string, image: string | null }} Step */
/** What the grid shows: pictures that satisfy the rule, the false ones of them, near misses, or (counter)examples of one condition.
 * @typedef {{ kind: "rule" | "false" | "near" | "ex" | "cx", condition: number, percentile: number }} Look */
/**
 * @typedef {object} Question
 * @property {string} data
 * @property {string} split the one that pictures come from
 * @property {number | null} wanted the predicted class that is listed; null for the first
 * @property {boolean} wrong wrong ones first
 * @property {string} image address, empty for none
 * @property {string[] | null} layers null for the usual ones
 * @property {Record<string, unknown>} settings of the search
 * @property {Step[]} path empty: not asked yet
 * @property {Look} look
 * @property {boolean} restrict only pictures that are predicted as the key is
 */

/** @type {Look} */
export const PLAIN = { kind: "rule", condition: 0, percentile: 0 };
export const PERCENTILES = [0, 50, 75, 90, 95];
const LONGEST = 20_000;

/**
 * @param {URLSearchParams} params
 * @param {{ labels: string[], layers: string[], datasets: { name: string, splits: string[] }[], schema: any }} known
 * @returns {{ question: Question, corrections: string[] }}
 */
export function readQuestion(params, { labels, layers, datasets, schema }) {
  const { values, corrections } = read(params, {
    data: oneOf(datasets.map(({ name }) => name)),
    set: (text) => text,
    class: below(labels.length),
    wrong: oneOf(["1"]),
    img: (text) => (text && text.length <= LONGEST ? text : undefined),
    layers: (text) => (text.split(",").every((one) => layers.includes(one)) ? text.split(",") : undefined),
    s: (text) => readSettings(text, schema),
    path: (text) => readPath(text, layers),
    look: readLook,
    restrict: oneOf(["1"]),
  });
  const data = datasets.find(({ name }) => name === values.data) ?? datasets[0];
  const known = data?.splits.includes(values.set);
  if (values.set && !known) corrections.push(`there is no set “${String(values.set).slice(0, 24)}”`);
  const question = {
    data: data?.name ?? "", split: known ? values.set : (data?.splits[0] ?? ""), wanted: values.class ?? null, wrong: values.wrong === "1",
    image: values.img ?? "", layers: values.layers ?? null, settings: values.s ?? {}, path: values.img ? (values.path ?? []) : [],
    look: values.look ?? PLAIN, restrict: values.restrict === "1",
  };
  return { question, corrections };
}

/** @param {Question} question */
export function writeQuestion({ data, split, wanted, wrong, image, layers, settings, path, look, restrict }) {
  return {
    data, set: split, class: wanted, wrong, img: image, layers: layers?.join(","),
    s: Object.entries(settings).map(([name, value]) => `${name}:${value}`).join(","),
    path: path.map(writeStep).join("~"),
    look: look.kind === "rule" ? undefined : [look.kind, ...("ec".includes(look.kind[0]) ? [look.condition + 1, look.percentile] : [])].join(":"),
    restrict,
  };
}

/** @param {Step} step */
const writeStep = ({ condition, layer, image }) => (condition === null ? layer : [condition + 1, layer, ...(image ? [image] : [])].join(":"));

/** "pool2~1:pool1~3:input:digits/test/8": the prediction at pool2, its 1st condition at pool1, … @param {string} text @param {string[]} layers */
function readPath(text, layers) {
  /** @type {Step[]} */
  const path = [];
  for (const [at, word] of text.split("~").entries()) {
    const [, condition, layer, image] = at ? /^(\d{1,3}):([^:]+)(?::(.+))?$/.exec(word) ?? [] : ["", "", word, ""];
    if (!layer || !layers.includes(layer)) return path.length ? path : undefined;
    path.push({ condition: at ? Number(condition) - 1 : null, layer, image: image || null });
  }
  return path;
}

/** @param {string} text @returns {Look | undefined} */
function readLook(text) {
  const [kind, condition = "1", percentile = "0"] = text.split(":");
  const numbers = /^\d{1,3}$/.test(condition) && /^\d{1,2}$/.test(percentile);
  return oneOf(["false", "near", "ex", "cx"])(kind) && numbers ? { kind: /** @type {Look["kind"]} */ (kind), condition: Number(condition) - 1, percentile: Number(percentile) } : undefined;
}

/** @param {string} text @param {any} schema */
function readSettings(text, schema) {
  const pairs = text.split(",").map((pair) => pair.split(":"));
  const fine = pairs.every(([name, value]) => name in (schema?.properties ?? {}) && /^-?\d+(\.\d+)?$/.test(value));
  return fine ? Object.fromEntries(pairs.map(([name, value]) => [name, Number(value)])) : undefined;
}
