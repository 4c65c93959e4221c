// @ts-check
/** How far the maps of a row agree, each pair once, in words. Knows cells. */

import { html } from "../html.js";
import { rankCorrelation } from "../ranks.js";

/** @typedef {import("./explain-cell.js").ExplainCell} ExplainCell */

const MEANS = "Spearman's rank correlation of all pixels: 1 where two maps put them in the same order, 0 where the orders have nothing in common.";

const MANY = 12; // pairs that are shown unasked

/** @param {HTMLElement} place @param {ExplainCell[][]} rows */
export function showAgreement(place, rows) {
  const lines = rows.map(line).filter(({ pairs }) => pairs.length);
  place.hidden = !lines.length;
  place.title = MEANS;
  const texts = lines.map(({ row, pairs }) => html`<p><b>Agreement</b> on why ${row}: ${pairs.join(" · ")}</p>`);
  const many = lines.reduce((sum, { pairs }) => sum + pairs.length, 0) > MANY;
  const open = place.querySelector("details")?.open;
  place.replaceChildren(...(many ? [html`<details ?open=${open}><summary>Agreement between the maps</summary>${texts}</details>`] : texts));
}

/** @param {ExplainCell[]} cells */
function line(cells) {
  const done = cells.filter(({ map, state }) => map && state === "done");
  const pairs = done.flatMap((one, at) => done.slice(at + 1).map((other) => `${one.asked?.title} ~ ${other.asked?.title} ${said(one, other)}`));
  const { row = "", by = "" } = cells[0]?.asked ?? {};
  return { row: by ? `${row}, ${by}` : row, pairs };
}

/** @param {ExplainCell} one @param {ExplainCell} other */
function said(one, other) {
  const value = rankCorrelation(/** @type {any} */ (one.map).values, /** @type {any} */ (other.map).values);
  return Number.isNaN(value) ? "–" : value.toFixed(2).replace("-", "−");
}
