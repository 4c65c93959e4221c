// @ts-check
/** What Learn says in words: a method in a sentence, what it needs, what the model thinks of the picture. Knows results, no page. */

import { fragment, html } from "../html.js";
import { percent } from "../elements/probability-bars.js";

/** @typedef {import("../api.js").Method} Method */
/** @typedef {import("../api.js").Result} Result */

const NEEDS = /** @type {Record<string, string>} */ ({ scores: "needs scores only", gradients: "needs gradients", layers: "needs layers" });

/** A method's description in paragraphs; the first is one sentence. @param {string} about */
export const paragraphs = (about) => about.split("\n\n").map((text) => text.replace(/\s+/g, " ").trim());

/** @param {Method} method */
export function needs({ needs: all }) {
  return fragment`${all.map((one) => html`<span class="chip">${NEEDS[one] ?? `needs ${one}`}</span>`)}`;
}

/** What the model says about the picture; an amber strip where its label says otherwise. @param {Result} result @param {string[]} labels @param {string} model */
export function verdict({ prediction, label }, labels, model) {
  const best = prediction.reduce((a, b) => (b.score > a.score ? b : a));
  if (label === null || label === best.index) return html`<p class="verdict-said">${model} says <b>${best.label}</b>, ${percent(best.score)} sure.</p>`;
  return html`<p class="verdict-said note">${model} says <b>${best.label}</b>, ${percent(best.score)} sure; labelled <b>${labels[label] ?? label}</b>.</p>`;
}

/**
 * Asks the model about the picture with one pixel changed by a tenth of full white, and tells what the score did.
 * @param {typeof import("../api.js")} api @param {import("./learn-demo.js").Shown} shown @param {{ x: number, y: number, value: number }} at
 */
export async function nudge(api, { run, result, picture }, { x, y, value }) {
  const { channels, width, height } = picture;
  const pixels = picture.pixels.slice();
  const places = Array.from({ length: channels }, (_, c) => (c * height + y) * width + x);
  const step = places.every((i) => pixels[i] <= 0.9) ? 0.1 : -0.1; // a full pixel can only lose light
  for (const i of places) pixels[i] = Math.max(0, Math.min(1, pixels[i] + step));
  const { predictions } = await api.predict(run.task.model, [{ pixels, shape: [channels, height, width] }], result.prediction.length);
  const now = predictions[0].find(({ index }) => index === result.target.class)?.logit ?? NaN;
  const change = now - result.prediction[result.target.class].logit;
  const did = Math.abs(change) < 0.0005 ? "stayed as it was" : `${change > 0 ? "rose" : "fell"} by ${Math.abs(change).toPrecision(2)}`;
  const told = result.signed ? `${value * step < 0 ? "a fall" : "a rise"} of ${Math.abs(value / 10).toPrecision(2)}` : `a move of ${Math.abs(value / 10).toPrecision(2)}`;
  return `${step > 0 ? "With a little more light" : "This pixel is full, so with a little less light"} the score ${did}. The map promised ${told}.`;
}
