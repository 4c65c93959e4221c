// @ts-check
/** How the map of one cell came about, as a film. Knows cells, and the demonstrations that arrays allow. Loaded when somebody wants to see. */

import { html } from "../html.js";
import { gather, stepsOf } from "./learn-demo.js";

/** @typedef {import("./explain-cell.js").ExplainCell} ExplainCell */

/** What each place shows now. @type {WeakMap<HTMLElement, string>} */
const shown = new WeakMap();

/** @param {HTMLElement} place @param {ExplainCell | null} cell @param {import("../app.js").App} app */
export async function showSteps(place, cell, app) {
  const { run = "", state, result, asked } = cell ?? {};
  const key = `${run} ${state}`;
  if (shown.get(place) === key) return;
  shown.set(place, key);
  if (state !== "done" || !result || !asked?.task) return place.replaceChildren(html`<p class="dim">${state === "running" ? "The film comes when the map is done." : "There is no map here, so there are no steps to it."}</p>`);
  const title = html`<h2>${[asked.title, `why ${asked.row}`, asked.by && `by ${asked.by}`].filter(Boolean).join(", ")}</h2>`;
  const demo = stepsOf(result);
  if (!demo) return place.replaceChildren(title, html`<p class="dim">${asked.title} leaves no steps behind that could be shown.</p>`);
  try {
    const data = demo.data(await gather({ id: run, result, task: asked.task }, demo, app.api));
    if (shown.get(place) !== key) return;
    const old = place.querySelector(demo.tag);
    const film = Object.assign(old ?? document.createElement(demo.tag), { data });
    place.replaceChildren(title, html`<p class="small dim">${demo.words.replaceAll("Your picture", "The picture").replaceAll("your picture", "the picture")}</p>`, film);
    if (!old) /** @type {any} */ (film).playOnce?.();
  } catch (problem) {
    if (shown.get(place) !== key) return;
    shown.delete(place); // so that it is tried again
    place.replaceChildren(html`<p class="note" role="alert">${/** @type {Error} */ (problem).message}</p>`);
  }
}
