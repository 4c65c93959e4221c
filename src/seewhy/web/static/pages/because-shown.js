// @ts-check
/** Which pictures stand beside the one in question: those that satisfy the rule, exceptions, near misses, examples of one condition. Knows the API. */

import { examples } from "./because-path.js";
import { name, verdict } from "../rule-words.js";

/** @typedef {import("./because-state.js").Question} Question */
/** @typedef {import("./because-path.js").Found} Found */
/** @typedef {import("../api.js").Item & { holds?: boolean, value?: number, lacking?: number }} Listed */
/** @typedef {{ items: Listed[], total: number, heading: string, note: string }} Shown */

export const COLUMNS = 16;

/** @param {import("../app.js").App} app @param {Question} question @param {Found} found @param {AbortSignal} signal @returns {Promise<Shown>} */
export async function shownBeside(app, question, { rule, image }, signal) {
  const { look, split, restrict } = question;
  const { premise, conclusion, key } = rule;
  const parts = premise.parts ?? [];
  const within = restrict ? { restrict: key.predicted } : {};
  const part = parts[look.condition];
  const wish = {
    rule: { condition: premise },
    false: { condition: { kind: "conjunction", parts: [...parts, { kind: "negation", part: conclusion }] } },
    near: { condition: premise, lacking: 1 },
    ex: { condition: part, percentile: look.percentile || null },
    cx: { condition: part, negate: true, percentile: look.percentile || null },
  }[look.kind];
  if (!wish.condition) throw new Error(`there is no condition ${look.condition + 1} here`);
  const { items, total } = await examples(app, question, { ...wish, ...within, conclusion, exclude: image, limit: COLUMNS }, signal);
  const called = restrict ? ` called “${key.predicted_name}”` : "";
  const count = total.toLocaleString("en");
  const strongest = look.percentile ? `, the strongest ${100 - look.percentile} %` : "";
  const heading = {
    rule: `${count} other ${split} image${total === 1 ? "" : "s"}${called} satisfy the rule`,
    false: `${count} ${split} image${total === 1 ? "" : "s"}${called} satisfy the rule, but not what it says`,
    near: `${count} ${split} image${total === 1 ? "" : "s"}${called} miss one condition, closest first`,
    ex: `${count} ${split} image${total === 1 ? "" : "s"}${called} satisfy condition ${look.condition + 1}${strongest}`,
    cx: `${count} ${split} image${total === 1 ? "" : "s"}${called} violate condition ${look.condition + 1}${strongest}`,
  }[look.kind];
  return { items, total, heading, note: total > items.length ? `the first ${items.length} are shown` : "" };
}

/** What the grid of pictures needs. @param {import("../app.js").App} app @param {Found} found @param {Shown} shown */
export function gridData(app, { rule, image }, shown) {
  const { width = 28, height = 28 } = app.model?.input ?? {};
  const tile = tileFor(width, height);
  const conditions = (rule.premise.parts ?? []).map(({ text }) => text);
  const own = { key: image, title: `The picture in question, ${name(image)}: ${verdict(rule.key)}`, mark: mark(rule.key) };
  const others = shown.items.map((item) => ({
    key: item.address,
    title: `${name(item.address)}: ${verdict(/** @type {any} */ (item))}${item.lacking === undefined ? "" : `, misses condition ${item.lacking + 1}`}`,
    mark: item.holds === false ? (rule.conclusion.kind === "class" ? `✗ ${item.predicted_name}` : "✗") : mark(/** @type {any} */ (item)),
  }));
  const all = [own, ...others];
  return {
    shown: all, sheet: app.api.spriteURL(all.map(({ key }) => key), tile, all.length, app.model?.name), columns: all.length, tile, width, height,
    regions: rule.regions, conditions, label: `The rule in pictures: ${shown.heading}`,
  };
}

/** ⚠ where the label says something else. @param {{ label_name: string | null, predicted_name: string }} one */
const mark = ({ label_name: label, predicted_name: said }) => (label !== null && label !== said ? `⚠ ${label}` : undefined);

/** Small pictures are enlarged by whole numbers, so that every pixel is a square. @param {number} width @param {number} height */
function tileFor(width, height) {
  const side = Math.max(width, height);
  return side <= 128 ? side * Math.max(1, Math.floor(168 / side)) : Math.min(256, side);
}
