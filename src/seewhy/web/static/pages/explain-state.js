// @ts-check
/** What an Explain link asks: picture, methods, classes and view; read, corrected and written. Knows labels and methods, no element. */

import { formatRecipe, parseRecipe } from "../recipe.js";
import { oneOf, read, within } from "../route.js";

/** @typedef {import("../api.js").Method} Method */
/** @typedef {{ method: string, settings: Record<string, unknown> }} Recipe */
/** @typedef {{ class: number, versus: number | null }} Target */
/** @typedef {{ view: "map" | "overlay" | "mask", lock: "col" | "row" | "all" | "off", strength: number, opacity: number, keep: number, marks: boolean }} View */
/**
 * @typedef {object} Question
 * @property {string} image address, empty for none
 * @property {Recipe[]} recipes one column each
 * @property {Target[] | null} targets one row each; null follows the guess
 * @property {string[]} models asked too, beside the one in use
 * @property {View} view
 */

/** @type {View} */
export const PLAIN = { view: "map", lock: "col", strength: 1, opacity: 1, keep: 0.2, marks: false };
const USUAL = ["integrated-gradients", "occlusion", "grad-cam"];
const LONGEST = 20_000; // characters of an address: a drawing of 512 × 512

/** @param {string} text */
const share = (text) => within(0, 100)(text);

/**
 * @param {URLSearchParams} params @param {{ labels: string[], methods: Method[], model: string, models: string[] }} known model: the one in use
 * @returns {{ question: Question, corrections: string[] }}
 */
export function readQuestion(params, { labels, methods, model, models }) {
  const { values, corrections } = read(params, {
    img: (text) => (text && text.length <= LONGEST ? text : undefined),
    x: (text) => text,
    t: (text) => text,
    with: (text) => text,
    view: oneOf(["map", "overlay", "mask"]),
    lock: oneOf(["col", "row", "all", "off"]),
    strength: within(0.125, 8),
    opacity: share,
    keep: within(1, 50),
    marks: oneOf(["1", "0"]),
  });
  const { x = "", t = "", with: others = "", img = "", view, lock, strength, opacity = 100, keep = 20, marks } = values;
  const question = {
    image: img,
    recipes: readRecipes(x, methods, corrections),
    targets: readTargets(t, labels, corrections),
    models: readModels(others, models, corrections).filter((name) => name !== model),
    view: { ...PLAIN, view: view ?? PLAIN.view, lock: lock ?? PLAIN.lock, strength: strength ?? 1, opacity: opacity / 100, keep: keep / 100, marks: marks === "1" },
  };
  return { question, corrections };
}

/** @param {Question} question @param {Method[]} methods */
export function writeQuestion({ image, recipes, targets, models, view }, methods) {
  const schema = (/** @type {string} */ name) => methods.find((method) => method.name === name)?.settings;
  const other = (/** @type {keyof View} */ key, /** @type {unknown} */ text) => (view[key] === PLAIN[key] ? undefined : text);
  return {
    img: image,
    x: image && recipes.map(({ method, settings }) => formatRecipe(method, settings, schema(method))).join("~"),
    t: targets?.map(writeTarget).join(","),
    with: models.join(","),
    view: other("view", view.view),
    lock: other("lock", view.lock),
    strength: other("strength", +view.strength.toFixed(3)),
    opacity: other("opacity", String(Math.round(100 * view.opacity))),
    keep: other("keep", Math.round(100 * view.keep)),
    marks: other("marks", view.marks),
  };
}

/** What somebody asks who did not choose: those of the usual methods that this model can do. @param {Method[]} methods @returns {Recipe[]} */
export function usualRecipes(methods) {
  const able = methods.filter(({ refusal }) => !refusal).map(({ name }) => name);
  const usual = USUAL.filter((name) => able.includes(name));
  return (usual.length ? usual : able.slice(0, 3)).map((method) => ({ method, settings: {} }));
}

/** @param {Target} target */
export const writeTarget = (target) => (target.versus === null ? String(target.class) : `${target.class}-${target.versus}`);

/** "5" or "5 rather than 6". @param {Target} target @param {string[]} labels */
export const nameTarget = (target, labels) => (target.versus === null ? labels[target.class] : `${labels[target.class]} rather than ${labels[target.versus]}`);

/** @param {string} text @param {Method[]} methods @param {string[]} corrections */
function readRecipes(text, methods, corrections) {
  const names = methods.map(({ name }) => name.replace(/[^\w:-]/g, "\\$&")).join("|");
  const words = text ? text.split(new RegExp(`~(?=(?:${names})(?:[.~]|$))|(?<!~)~(?![~d])`)) : [];
  const found = words.map((word) => ({ word, ...parseRecipe(word, methods) }));
  for (const { problem } of found) if (problem) corrections.push(problem);
  const kept = found.filter(({ word, method }) => method && word.split(".")[0] === method).map(({ method, settings }) => ({ method, settings }));
  return kept.length ? kept : usualRecipes(methods);
}

/** @param {string} text @param {string[]} models @param {string[]} corrections */
function readModels(text, models, corrections) {
  const wanted = [...new Set(text.split(",").filter(Boolean))];
  for (const name of wanted) if (!models.includes(name)) corrections.push(`there is no model “${name.slice(0, 24)}”`);
  return wanted.filter((name) => models.includes(name));
}

/** @param {string} text @param {string[]} labels @param {string[]} corrections @returns {Target[] | null} */
function readTargets(text, labels, corrections) {
  /** @type {Target[]} */
  const targets = [];
  for (const part of text ? text.split(",") : []) {
    const [, one, other] = /^(\d{1,6})(?:-(\d{1,6}))?$/.exec(part) ?? [];
    const target = { class: Number(one), versus: other === undefined ? null : Number(other) };
    const known = one !== undefined && target.class < labels.length && (target.versus ?? 0) < labels.length && target.class !== target.versus;
    if (!known) corrections.push(`there is no class “${part.slice(0, 24)}”`);
    else if (!targets.some((before) => writeTarget(before) === writeTarget(target))) targets.push(target);
  }
  return targets.length ? targets : null;
}
