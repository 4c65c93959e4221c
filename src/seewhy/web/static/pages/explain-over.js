// @ts-check
/** What lies over a map that is not there, not yet or not quite: words, a ring, and buttons that help. Knows no run. */

import { html } from "../html.js";

/** @param {() => unknown} run */
export const notRun = (run) => [html`<p class="small">Not run yet</p>`, button("Run", run)];

/** @param {HTMLElement} ring @param {string} title @param {() => unknown} cancel */
export const working = (ring, title, cancel) =>
  html`<div class="working">${ring}<button type="button" class="cancel" @click=${cancel} aria-label="Cancel ${title}">Cancel</button></div>`;

/** @param {import("../api.js").Problem} problem @param {{ again: () => unknown, drop: () => unknown }} ways out */
export function trouble({ title, message, status }, { again, drop }) {
  if (title === "cancelled") return [html`<p>Cancelled.</p>`, button("Retry", again)];
  return [html`<p class="small" role="alert">${message}</p>`,
    html`<div class="row">${button("Retry", again)}${status === 422 && html`<button type="button" class="quiet" @click=${drop}>Remove method</button>`}</div>`];
}

/** @param {string} refusal */
export const refused = (refusal) => html`<p class="small refusal">${refusal}</p>`;

/** @param {string[]} texts */
export const warnings = (texts) => texts.map((text) => html`<p class="warning small" title="${text}">⚠ <span>${text}</span></p>`);

/** @param {string} label @param {() => unknown} act */
const button = (label, act) => html`<button type="button" @click=${act}>${label}</button>`;
