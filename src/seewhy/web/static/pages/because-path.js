// @ts-check
/** Walks a path of rules: the prediction at one layer, a condition of it at the next, and so on; what was found once is not asked again. Knows the API. */

import { PLAIN } from "./because-state.js";

/** @typedef {import("./because-state.js").Question} Question */
/** @typedef {import("../rule-words.js").Rule} Rule */
/** @typedef {{ rule: Rule, run: string, image: string }} Found */
/** @typedef {import("../api.js").Progress} Progress */

/** @type {Map<string, Found>} */
const known = new Map();
/** @typedef {{ question: Question, found: Found }} Visit */
/** The rules found in this session, by the question that led there. @type {Map<string, Visit>} */
export const explored = new Map();

/**
 * @param {import("../app.js").App} app @param {Question} question @param {string[]} layers what is probably asked next
 * @param {{ signal: AbortSignal, progress: (progress: Progress, step: number) => unknown }} hooks
 * @returns {Promise<Found[]>} one for each step; fewer where a step names a condition that its rule does not have
 */
export async function walk(app, question, layers, { signal, progress }) {
  /** @type {Found[]} */
  const path = [];
  let image = question.image;
  for (const [at, step] of question.path.entries()) {
    image = step.image ?? image;
    const before = path.at(-1)?.rule.premise.parts ?? [];
    const conclusion = step.condition === null ? "argmax" : before[step.condition];
    if (!conclusion) break;
    path.push(await explain(app, { ...base(app, question), image, layer: step.layer, layers, conclusion, settings: question.settings }, { signal, progress: (now) => progress(now, at) }));
    const so = { ...question, path: question.path.slice(0, at + 1), look: PLAIN, restrict: false };
    explored.set(JSON.stringify([app.model?.name, so.data, so.image, so.settings, so.path]), { question: so, found: path[at] });
  }
  return path;
}

/** Pictures of the data set by what they satisfy. @param {import("../app.js").App} app @param {Question} question @param {Record<string, unknown>} wish @param {AbortSignal} signal */
export async function examples(app, question, wish, signal) {
  const { size } = question.settings;
  const task = { kind: "examples", ...base(app, question), split: question.split, ...(size === undefined ? {} : { size }), ...wish };
  const { result } = await app.api.perform(/** @type {any} */ (task), { signal });
  return /** @type {any} */ (result);
}

/** @param {import("../app.js").App} app @param {Question} question */
const base = (app, { data }) => ({ model: app.model?.name ?? "", data });

/** @param {import("../app.js").App} app @param {Record<string, any>} wish @param {{ signal: AbortSignal, progress: (progress: Progress) => unknown }} hooks */
async function explain(app, wish, hooks) {
  const task = { kind: "interpolant", ...wish };
  const key = JSON.stringify(task);
  const held = known.get(key);
  if (held) return held;
  const { id, result } = await app.api.perform(/** @type {any} */ (task), hooks);
  const found = { rule: /** @type {Rule} */ (/** @type {unknown} */ (result)), run: id, image: wish.image };
  known.set(key, found);
  return found;
}
