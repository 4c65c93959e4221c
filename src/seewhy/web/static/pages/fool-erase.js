// @ts-check
/** Fool › Erase: the least of a picture that is enough for the model's answer. */

import { find, html } from "../html.js";
import { ProgressRing } from "../elements/progress-ring.js";

/** @typedef {import("./fool-tabs.js").FoolState} FoolState */

/** @param {import("./fool-tabs.js").Screen} screen */
export default (screen) => {
  const ring = new ProgressRing();
  const element = html`<div class="erase-tab"><section class="card" aria-label="The least that is enough"><img class="least picture" alt="" hidden><p class="verdict-line" role="status"></p>
    <div class="over-it" hidden>${ring}</div><p class="note problem" role="alert" hidden></p></section></div>`;
  /** @type {AbortController | null} */
  let work = null;
  const show = async (/** @type {FoolState} */ { model, image }) => {
    work?.abort();
    const mine = (work = new AbortController());
    find(element, ".over-it").hidden = false;
    find(element, ".problem").hidden = true;
    try {
      const run = await screen.api.perform(/** @type {any} */ ({ kind: "erase", model: model.name, image }), { signal: mine.signal, progress: (progress) => (ring.data = progress) });
      if (mine !== work) return;
      const text = String(/** @type {any} */ (run.result).sentence);
      Object.assign(find(element, "img", HTMLImageElement), { src: screen.api.imageURL(`run:${run.id}/least`, 280), alt: "What is left of the picture", hidden: false });
      find(element, ".verdict-line").textContent = text;
      screen.say(text);
    } catch (problem) {
      if (mine !== work) return;
      find(element, ".problem").hidden = false;
      find(element, ".problem").textContent = /** @type {Error} */ (problem).message;
    }
    find(element, ".over-it").hidden = true;
  };
  return { element, show, stop: () => work?.abort() };
};
