// @ts-check
/** The words around the maps of an Explain screen: heads of columns, sides of rows, a line for each model, legends. Knows a plan, no run. */

import { html } from "../html.js";
import { percent } from "../elements/probability-bars.js";
import { columnNames, verdict } from "./explain-words.js";

/** @typedef {import("./explain-plan.js").Part} Part */
/** @typedef {import("./explain-plan.js").Row} Row */
/** @typedef {import("../api.js").Method} Method */
/** @typedef {{ choose(column: number): void, say(type: string, detail: Record<string, number>): void }} Actions */

/** The rows of a table. @param {Part[]} parts @param {import("./explain-state.js").Recipe[]} recipes @param {HTMLElement[][]} cells
 *  @param {HTMLElement} corner @param {Actions} actions */
export function lines(parts, recipes, cells, corner, actions) {
  corner.setAttribute("role", "cell");
  const { methods } = parts[0].sight;
  const names = columnNames(recipes, methods);
  const heads = recipes.map(({ method }, column) => head(names[column], methods.find((one) => one.name === method), column, recipes.length, actions));
  let at = 0;
  const body = parts.flatMap(({ sight, rows }, number) => [
    ...(parts.length > 1 ? [model(sight, number, actions)] : []),
    ...rows.map((row, y) => html`<div class="line" role="row">${side(row, y, rows.length, actions)}${cells[at++]}${legend("row-legend")}</div>`),
    html`<div class="line foot" role="row"><span role="cell"></span>${recipes.map(() => legend("column-legend"))}</div>`,
  ]);
  return [html`<div class="line heads" role="row">${corner}${heads}</div>`, ...body, html`<div class="line" role="row">${legend("all-legend")}</div>`];
}

/** @param {{ title: string, settings: string }} name @param {Method | undefined} method @param {number} column @param {number} columns @param {Actions} actions */
function head({ title, settings }, method, column, columns, { choose, say }) {
  return html`<div class="head" role="columnheader"><button type="button" class="quiet" @click=${() => choose(column)} title="Settings">${title}${settings && html`<small>${settings}</small>`}</button>
    ${method && html`<span class="chip">needs ${tag(method.needs)}</span>`}
    <button type="button" class="quiet drop" aria-label="Remove ${[title, settings].filter(Boolean).join(", ")}" ?hidden=${columns < 2} @click=${() => say("drop-method", { column })}>×</button></div>`;
}

/** @param {Row} row @param {number} at @param {number} rows @param {Actions} actions */
function side({ one, versus, shares, asked }, at, rows, { say }) {
  return html`<div class="side" role="rowheader"><p>Why <b>${one}</b>${versus !== null && html`<span> rather than <b>${versus}</b></span>`}?</p>
    <span class="small dim">${shares.map((share) => percent(share)).join(" against ")}</span>
    <button type="button" class="quiet drop" aria-label="Remove class ${asked[0].row}" ?hidden=${rows < 2} @click=${() => say("drop-class", { row: at })}>×</button></div>`;
}

/** @param {import("./explain-plan.js").Sight} sight @param {number} number @param {Actions} actions */
function model({ model: { name, framework, input }, seen, trouble }, number, { say }) {
  const size = `${input.channels} × ${input.height} × ${input.width}`;
  return html`<div class="line" role="row"><div class="part" role="rowheader"><b>${name}</b><span class="chip">${framework}</span><span class="chip">${size}</span>
    <span class="said">${trouble ?? (seen && verdict(seen.top, seen.label))}</span>
    <button type="button" class="quiet drop" aria-label="Remove model ${name}" ?hidden=${number === 0} @click=${() => say("drop-model", { model: number - 1 })}>×</button></div></div>`;
}

/** @param {string} name */
const legend = (name) => html`<div class="${name}" role="cell"><colour-legend></colour-legend></div>`;

/** @param {string[]} needs */
export const tag = (needs) => (needs.includes("layers") ? "layers" : needs.includes("gradients") ? "gradients" : "scores only");
