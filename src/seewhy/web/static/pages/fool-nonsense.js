// @ts-check
/** Fool › Nonsense: a picture that means nothing, and that the model is sure about. */

import { find, html } from "../html.js";
import { ProgressRing } from "../elements/progress-ring.js";

/** @typedef {import("./fool-tabs.js").FoolState} FoolState */

export const needsPicture = false;

/** @param {import("./fool-tabs.js").Screen} screen */
export default (screen) => {
  const ring = new ProgressRing();
  const element = html`<div class="nonsense-tab"><section class="card" aria-label="Nonsense">
    <form class="row"><label for="fool-sure">Be sure of</label><select id="fool-sure"></select><button type="submit" class="primary">Make</button></form>
    <img class="made picture" alt="" hidden><p class="verdict-line" role="status"></p>
    <div class="over-it" hidden>${ring}</div><p class="note problem" role="alert" hidden></p></section></div>`;
  const select = find(element, "select", HTMLSelectElement);
  /** @type {AbortController | null} */
  let work = null;
  const make = async () => {
    work?.abort();
    const mine = (work = new AbortController());
    find(element, ".over-it").hidden = false;
    find(element, ".problem").hidden = true;
    try {
      const run = await screen.api.perform(/** @type {any} */ ({ kind: "nonsense", model: screen.model.name, target: Number(select.value) }), { signal: mine.signal, progress: (progress) => (ring.data = progress) });
      if (mine !== work) return;
      const text = String(/** @type {any} */ (run.result).sentence);
      Object.assign(find(element, "img", HTMLImageElement), { src: screen.api.imageURL(`run:${run.id}/image`, 280), alt: "The nonsense that was made", hidden: false });
      find(element, ".verdict-line").textContent = text;
      screen.say(text);
    } catch (problem) {
      if (mine !== work) return;
      find(element, ".problem").hidden = false;
      find(element, ".problem").textContent = /** @type {Error} */ (problem).message;
    }
    find(element, ".over-it").hidden = true;
  };
  find(element, "form").addEventListener("submit", (event) => (event.preventDefault(), make()));
  const show = (/** @type {FoolState} */ { model, goal }) => {
    if (select.length !== model.labels.length) select.replaceChildren(...model.labels.map((label, index) => html`<option value="${index}">${label}</option>`));
    if (goal !== null) select.value = String(goal);
  };
  return { element, show, stop: () => work?.abort() };
};
