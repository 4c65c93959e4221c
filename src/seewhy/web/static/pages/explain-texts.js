// @ts-check
/** Each map in words and in ninths, for people who read rather than look. Knows cells. */

import { html } from "../html.js";
import "../elements/text-map.js";

/** @param {HTMLElement} place @param {import("./explain-cell.js").ExplainCell[]} cells */
export function readCells(place, cells) {
  place.replaceChildren(...cells.filter(({ map }) => map).map(({ map, result, asked }) => {
    const label = [`${asked?.title}, why ${asked?.row}`, asked?.by && `by ${asked.by}`].filter(Boolean).join(", ");
    const text = Object.assign(document.createElement("text-map"), { data: { ...map, label } });
    return html`<section><h2>${label}</h2><p class="small">${result?.sentence}</p>${text}</section>`;
  }));
}
