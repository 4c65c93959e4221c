// @ts-check
/** Which explanations a question asks for: a part for each model, in it a row for each class, a column for each recipe. Knows no element. */

import { columnNames } from "./explain-words.js";

/** @typedef {import("./explain-state.js").Question} Question */
/** @typedef {import("./explain-state.js").Target} Target */
/** @typedef {import("./explain-cell.js").Asked} Asked */
/** @typedef {import("../api.js").Model} Model */
/** @typedef {import("../api.js").Method} Method */
/** @typedef {{ model: Model, methods: Method[], seen: import("./explain-guess.js").Seen | null, trouble?: string }} Sight what one model makes of the picture */
/** @typedef {{ one: string, versus: string | null, shares: number[], asked: Asked[] }} Row one, versus: labels */
/** @typedef {{ sight: Sight, rows: Row[] }} Part */

/** @param {Question} question @param {Sight[]} sights the first is the model in use: the classes are given by its labels @returns {Part[]} */
export function plan(question, sights) {
  const { model: { labels: given }, methods } = sights[0];
  const titles = columnNames(question.recipes, methods).map(({ title, settings }) => [title, settings].filter(Boolean).join(", "));
  return sights.map((sight) => {
    const guessed = sight.seen ? [{ class: sight.seen.top.index, versus: null }] : [];
    const [targets, labels] = question.targets ? [question.targets, given] : [guessed, sight.model.labels];
    return { sight, rows: targets.map((target) => row(question, target, labels, titles, sight, sights.length > 1)) };
  });
}

/** @param {Question} question @param {Target} target @param {string[]} given the labels that the target's numbers mean @param {string[]} titles
 *  @param {Sight} sight @param {boolean} several @returns {Row} */
function row({ image, recipes }, target, given, titles, { model: { name, labels }, methods, seen, trouble }, several) {
  const classes = target.versus === null ? [target.class] : [target.class, target.versus];
  const own = classes.map((index) => (labels[index] === given[index] ? index : labels.indexOf(given[index]))); // two classes may have one name
  const missing = classes.find((_, i) => own[i] < 0);
  const [one, versus = null] = classes.map((index) => given[index]);
  const asked = recipes.map(({ method, settings }, column) => {
    const refusal = trouble ?? (missing !== undefined ? `${name} knows no class “${given[missing]}”.` : methods.find((known) => known.name === method)?.refusal ?? "");
    const task = refusal ? null : { model: name, image, method, settings, target: own.length === 1 ? own[0] : { class: own[0], versus: own[1] } };
    return { title: titles[column], row: versus === null ? one : `${one} rather than ${versus}`, by: several ? name : "", task, refusal };
  });
  return { one, versus, shares: missing === undefined && seen ? own.map((index) => seen.shares[index]) : [], asked };
}
