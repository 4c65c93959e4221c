// @ts-check
/** What a Because screen needs only when somebody asks: how a unit's values are spread, the menus, and what can be taken away. Knows the API. */

import { openMenu } from "../elements/pop-menu.js";
import { pictureItems } from "../picture-menu.js";
import { name, percent } from "../rule-words.js";
import { PERCENTILES, PLAIN } from "./because-state.js";

/** @typedef {import("./because-state.js").Question} Question */
/** @typedef {import("./because-path.js").Found} Found */
/** @typedef {import("../app.js").App} App */

/** @type {Map<string, Promise<any>>} */
const spreads = new Map();

/** Says what a condition is worth, and gives how its unit's values are spread; null where nobody knows. @param {App} app @param {Question} question @param {Found} found @param {number} row */
export function tellOf(app, question, found, row) {
  const part = found.rule.premise.parts?.[row];
  if (part) app.status(`Condition ${row + 1}: ${part.text} holds for ${percent(found.rule.fractions[row]?.[1] ?? null)} of test images`);
  return part ? spreadOf(app, question, found, row).catch(() => null) : null;
}

/** @param {App} app @param {Question} question @param {Found} found @param {number} row */
async function spreadOf(app, question, { rule, image }, row) {
  const part = /** @type {any} */ (rule.premise.parts?.[row]);
  const condition = JSON.stringify(part);
  const wish = { model: app.model?.name ?? "", data: question.data, condition, size: question.settings.size, image: undefined };
  const key = JSON.stringify(wish);
  if (!spreads.has(key)) spreads.set(key, app.api.spread(wish));
  const { edges, train, test } = await /** @type {Promise<any>} */ (spreads.get(key));
  const own = rule.key_values[row] ?? null;
  const words = `Values of ${part.text.replace(/ [≤≥].*/, "")} over training and test images; the bound is ${part.threshold.toPrecision(4)}, ${name(image)} has ${own?.toPrecision(4)}`;
  return { text: part.text, fractions: rule.fractions[row], histogram: { edges, train, test, threshold: part.threshold, op: part.op, key: own, words } };
}

/**
 * The menu of a crop, of a whole picture (row −1), or of a condition.
 * @param {App} app @param {import("../elements/pop-menu.js").Place} place
 * @param {{ image: string, row: number, layer: string | null, look: import("./because-state.js").Look, question: Question, ask: () => unknown, choose: (change: Partial<Question>) => unknown }} about
 */
export function openPictureMenu(app, place, { image, row, layer, look, question, ask, choose }) {
  let percentile = look.percentile;
  const see = (/** @type {"ex" | "cx"} */ kind) => () => choose({ look: { ...PLAIN, kind, condition: row, percentile } });
  const options = PERCENTILES.map((value) => ({ label: value ? `${100 - value} %` : "all", value }));
  const { data, split } = question;
  const own = pictureItems(app, image, { title: name(image), because: { data, set: split } });
  const condition = row < 0 ? [] : [
    ...(layer ? [{ label: `Why condition ${row + 1}?`, hint: `at ${layer}`, action: ask }] : []),
    { label: "Examples", hint: `satisfy condition ${row + 1}`, action: see("ex") },
    { label: "Counterexamples", hint: `violate condition ${row + 1}`, action: see("cx") },
    { group: "strongest", options, value: percentile, choose: (/** @type {number} */ value) => (percentile = value) },
  ];
  openMenu(place, [...condition, ...own], row < 0 ? name(image) : `Condition ${row + 1} of ${name(image)}`);
}

/** @param {App} app @param {Found[]} path @param {Question} question */
export function shareRule(app, path, question) {
  const { run, rule } = path[path.length - 1];
  const layers = [...new Set(path.map((one) => one.rule.layer))];
  return [
    { label: "Save HTML report", hint: "the trail, one file", action: () => report(app, path) },
    { label: "Save JSON", hint: "the trail with all counts", action: () => saveState(path) },
    { label: "Copy as text", hint: "the rule itself", action: () => app.copy(rule.text, "Rule") },
    { label: "Copy as Python", action: async () => app.copy((await app.api.run(run)).result?.python ?? "", "Python") },
    { label: "Copy as command", action: () => app.copy(command(rule.image, app.model?.name ?? "", question.data, layers), "Command") },
  ];
}

/** @param {string} image @param {string} model @param {string} data @param {string[]} layers */
const command = (image, model, data, layers) => `seewhy because '${image}' --model '${model}' --data ${data} --layers '${layers.join(",")}'${layers.length > 1 ? " --chain" : ""}\n`;

/** @param {string} href @param {string} download */
const save = (href, download) => Object.assign(document.createElement("a"), { href, download }).click();

/** Everything on the screen, as a file that can be dropped here again. @param {Found[]} path */
function saveState(path) {
  const state = { place: location.hash, rules: path.map(({ rule }) => rule) };
  const url = URL.createObjectURL(new Blob([JSON.stringify(state, null, 2)], { type: "application/json" }));
  save(url, "because.json");
  setTimeout(() => URL.revokeObjectURL(url), 10_000);
}

/** @param {App} app @param {Found[]} path */
async function report(app, path) {
  try {
    const { id } = await app.api.ruleReport(path.map(({ run }) => run), location.hash);
    save(app.api.ruleReportURL(id), "because.html");
  } catch (problem) {
    app.toast(/** @type {Error} */ (problem).message);
  }
}

/** The place that a saved report or JSON leads back to; null where the file has none. @param {Blob} file */
export async function placeIn(file) {
  const text = (await file.text()).replaceAll("&amp;", "&");
  return /#\/because\?[^\s"<]+/.exec(text)?.[0] ?? null;
}
