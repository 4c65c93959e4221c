// @ts-check
/** "Check it": the tenth that a map points at is deleted, beside as much by luck; and the trust figure at length. */

import { picture, put } from "../colours.js";
import { find, html } from "../html.js";
import { percent } from "../elements/probability-bars.js";
import { ProgressRing } from "../elements/progress-ring.js";
import { open } from "./explain-dialogs.js";

/** @typedef {import("../api.js").Task} Task */
/** @typedef {{ probability: number, says: string, sure: number }} Told */

/** @param {import("../app.js").App} app @param {Task} task what made the map @param {string} name of the map */
export async function checkIt(app, task, name) {
  const control = new AbortController();
  const body = html`<div class="checking stack"><p class="small dim">${name}</p><div class="three" aria-live="polite"><div class="skeleton tall"></div></div></div>`;
  const dialog = open("Check it", body);
  dialog.classList.add("check-dialog");
  dialog.addEventListener("close", () => control.abort());
  try {
    const run = await ask(app, task, false, control.signal);
    const { arrays } = await app.api.arrays(run.id, ["image", "deleted", "random"]);
    show(body, run.result, arrays, () => lengthen(app, task, find(body, ".length"), control.signal));
  } catch (problem) {
    if (!control.signal.aborted) find(body, ".three").replaceChildren(html`<p class="note" role="alert">${/** @type {Error} */ (problem).message}</p>`);
  }
}

/** @param {import("../app.js").App} app @param {Task} task @param {boolean} full @param {AbortSignal} signal @param {(progress: any) => void} [progress] @returns {Promise<any>} */
const ask = (app, { model, image, method, settings, target }, full, signal, progress) =>
  app.api.perform(/** @type {any} */ ({ kind: "check", model, image, method, settings, target, full }), { signal, progress });

/** @param {HTMLElement} body @param {any} result @param {Record<string, import("../wire.js").Tensor>} arrays @param {() => void} more */
function show(body, { deleted, trust }, arrays, more) {
  const share = `${Math.round(100 * deleted.share)} %`;
  find(body, ".three").replaceChildren(
    shown("The picture", arrays.image, deleted.label, deleted.before),
    shown(`Without the ${share} the map points at`, arrays.deleted, deleted.label, deleted.after),
    shown(`Without ${share} by luck`, arrays.random, deleted.label, deleted.after_random),
  );
  const worse = deleted.after.probability < deleted.chance;
  body.append(
    html`<p>${deleted.sentence} ${worse ? "What the map points at matters more than luck." : "The map does no better than luck here."}</p>`,
    html`<p class="small dim">${trust.sentence}</p>`,
    html`<div class="length row"><button type="button" @click=${more}>Check at length</button><span class="small dim">about 800 more passes</span></div>`,
  );
}

/** @param {string} title @param {import("../wire.js").Tensor} tensor @param {string} label @param {Told} told */
function shown(title, { data, shape: [channels, height, width] }, label, told) {
  const canvas = /** @type {HTMLCanvasElement} */ (html`<canvas width="${width}" height="${height}" role="img" aria-label="${title}"></canvas>`);
  put(canvas, picture(/** @type {Float32Array} */ (data), width, height, channels, 1));
  return html`<figure>${canvas}<figcaption><span class="small dim">${title}</span><strong>“${label}” ${percent(told.probability)}</strong>
    ${told.says !== label && html`<span class="small warn">now says “${told.says}”, ${percent(told.sure)}</span>`}</figcaption></figure>`;
}

/** @param {import("../app.js").App} app @param {Task} task @param {HTMLElement} place @param {AbortSignal} signal */
async function lengthen(app, task, place, signal) {
  const ring = new ProgressRing();
  place.replaceChildren(ring, html`<span class="small dim">Checking at length …</span>`);
  try {
    const run = await ask(app, task, true, signal, (progress) => (ring.data = progress));
    const { full } = run.result;
    const part = (/** @type {[string, number]} */ [name, share]) => html`<tr><th scope="row">${name}</th><td>${Math.round(100 * share)} %</td></tr>`;
    place.replaceChildren(html`<div class="stack"><p><b>${capital(full.word)}.</b> Better than ${Math.round(100 * full.value)} % of random maps, three ways; with a little noise on the picture the map stays alike to ${full.stability.toFixed(2)}.</p>
      <table class="small"><caption class="dim">Random maps beaten, by test</caption><tbody>${Object.entries(full.parts).map(part)}</tbody></table></div>`);
  } catch (problem) {
    if (!signal.aborted) place.replaceChildren(html`<p class="note" role="alert">${/** @type {Error} */ (problem).message}</p>`);
  }
}

/** @param {string} text */
const capital = (text) => text.charAt(0).toUpperCase() + text.slice(1);
