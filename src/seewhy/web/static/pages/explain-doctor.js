// @ts-check
/** The doctor under the grid: the chosen map, its picture and its model examined. Knows cells. */

import { html } from "../html.js";
import { DoctorPanel } from "./doctor-panel.js";

/** @param {HTMLElement} place @param {import("../app.js").App} app @param {import("./explain-cell.js").ExplainCell | null} cell */
export function showDoctor(place, app, cell) {
  const task = cell?.asked?.task;
  if (!cell || !task) return place.replaceChildren(html`<p class="small dim">Choose a map to examine.</p>`);
  if (!(place.lastElementChild instanceof DoctorPanel)) place.replaceChildren(html`<p class="small dim"></p>`, Object.assign(new DoctorPanel(), { app }));
  const panel = /** @type {DoctorPanel} */ (place.lastElementChild);
  /** @type {HTMLElement} */ (place.firstElementChild).textContent = `${cell.name}. Choose another map to examine that.`;
  const { model, image, method, settings, target } = task;
  panel.examine({ model, image, method, settings: settings ?? {}, target: target ?? "argmax" });
}
