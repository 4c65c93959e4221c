// @ts-check
/** Fool › Smallest change: as few pixels as possible, until the model says something else. */

import { find, html } from "../html.js";
import { PlainPicture } from "../elements/plain-picture.js";
import { ProgressRing } from "../elements/progress-ring.js";
import { SettingsForm } from "../elements/settings-form.js";
import { difference, places } from "../nudging.js";
import { formatRecipe, parseRecipe } from "../recipe.js";
import { about } from "./fool-body.js";
import { KeepRow } from "./fool-keep.js";
import { runItems } from "./fool-take.js";
import { belief } from "./fool-words.js";

/** @typedef {import("./fool-tabs.js").FoolState} FoolState */
/** @typedef {import("./fool-words.js").Attacked} Attacked */
/** @typedef {{ id: string, task: object, facts: Attacked }} Found */

const METHOD = "fewest-pixels";
const FINE = 64; // pixels a side

/** @type {Record<string, import("../route.js").Rule>} */
export const rules = { x: (text) => text };

/** @param {import("./fool-tabs.js").Screen} screen */
export default (screen) => new Smallest(screen);

class Smallest {
  #screen;
  #keep;
  #key = "";
  /** @type {Found | null} */
  #found = null;
  /** @type {AbortController | null} */
  #work = null;
  #pictures = [new PlainPicture(), new PlainPicture(), new PlainPicture()];
  #ring = new ProgressRing();
  #form = new SettingsForm();
  element = html`<div class="smallest-tab">
    <section class="card board" aria-label="The smallest change">
      <div class="equation three">${["before", "change", "after"].map((what, i) => html`<figure class="${what}"><div class="frame">${this.#pictures[i]}</div><figcaption><b>${what}</b> <span></span></figcaption></figure>`)}</div>
      <div class="outcome"><p class="verdict-line" role="status"></p><p class="now dim"></p></div>
      <div class="after-tools" hidden><span class="row others" role="group" aria-label="To which class"></span></div>
      <div class="over-it" hidden>${this.#ring}<button type="button" class="cancel">Cancel</button></div>
      <p class="note problem" role="alert" hidden></p><div class="warnings"></div>
    </section>
    <section class="card" aria-labelledby="smallest-settings"><h2 id="smallest-settings">How it searches</h2><p class="small dim">Choose the class to reach above, at “goal”.</p>${this.#form}</section>
    <details class="card wide about"><summary>How this works</summary><div class="how-body"></div></details>
  </div>`;

  /** @param {import("./fool-tabs.js").Screen} screen */
  constructor(screen) {
    this.#screen = screen;
    find(this.element, ".cancel").addEventListener("click", () => this.stop());
    this.#form.addEventListener("change", (event) => event.target === this.#form && screen.go({ x: formatRecipe(METHOD, /** @type {CustomEvent} */ (event).detail.values, this.#form.schema) }));
    this.#keep = new KeepRow(screen, "it", async () => this.#found && { run: this.#found.id, fooled: this.#found.facts.success });
    find(this.element, ".after-tools").append(this.#keep);
  }

  /** @param {FoolState} state */
  async show(state) {
    const { model, image, asked, goal, own } = state;
    const methods = await this.#screen.api.attacks(model.name);
    const method = methods.find(({ name }) => name === METHOD);
    if (!method || method.refusal) return this.#failed(new Error(method?.refusal ?? "There is no attack that changes the fewest pixels."));
    const { settings, problem } = parseRecipe(own.x ?? METHOD, [method]);
    if (problem) this.#screen.app.corrected([problem]);
    if (this.#form.schema !== method.settings) this.#about(method);
    this.#form.values = settings;
    const task = { kind: "attack", model: model.name, image, method: METHOD, settings, ...(asked !== null && { label: asked }), ...(goal !== null && { target: goal }) };
    const key = JSON.stringify(task);
    if (key !== this.#key || !this.#found) await this.#run(key, task, state);
  }

  stop() {
    this.#work?.abort();
  }

  shareItems = () => (this.#found ? runItems(this.#screen.app, this.#found, "seewhy-smallest-change") : []);

  /** @param {string} key @param {any} task @param {FoolState} state */
  async #run(key, task, state) {
    this.#work?.abort();
    const work = (this.#work = new AbortController());
    this.#key = key;
    this.#busy(true);
    try {
      const run = await this.#screen.api.perform(task, { signal: work.signal, progress: (progress) => (this.#ring.data = progress) });
      const { arrays: { image, adversarial } } = await this.#screen.api.arrays(run.id, ["image", "adversarial"]);
      if (work !== this.#work) return;
      this.#found = { id: run.id, task, facts: /** @type {any} */ (run.result) };
      this.#work = null;
      this.#busy(false);
      this.#draw(image, adversarial, state);
    } catch (problem) {
      if (work === this.#work) this.#failed(/** @type {any} */ (problem));
    }
  }

  /** @param {import("../wire.js").Tensor} image @param {import("../wire.js").Tensor} changed @param {FoolState} state */
  #draw(image, changed, { model, goal, label, seen }) {
    const { facts } = /** @type {Found} */ (this.#found);
    const [channels, height, width] = image.shape;
    const size = { channels, height, width };
    const [x, other] = [/** @type {Float32Array} */ (image.data), /** @type {Float32Array} */ (changed.data)];
    const [first, last] = [facts.before, facts.after].map((guesses) => guesses.reduce((a, b) => (b.score > a.score ? b : a)));
    this.#pictures[0].data = { pixels: x, ...size, label: "The picture before" };
    const change = difference(x, other);
    const rings = Math.max(width, height) > FINE ? places(change, width * height) : []; // one pixel of a photograph is hard to find
    this.#pictures[1].data = { pixels: change, ...size, change: 1, rings, label: channels === 1 ? "What changed; red is brighter, blue is darker" : "What changed, around grey" };
    this.#pictures[2].data = { pixels: other, ...size, rings, label: "The picture after" };
    const count = `${facts.norms.l0} ${facts.norms.l0 === 1 ? "pixel" : "pixels"}`;
    find(this.element, ".before figcaption span").textContent = belief(first);
    find(this.element, ".change figcaption span").textContent = `${count} of ${(width * height).toLocaleString("en")}`;
    find(this.element, ".after figcaption span").textContent = belief(last);
    find(this.element, ".after").classList.toggle("fooled", facts.success);
    const most = facts.settings.pixels;
    const text = facts.norms.l0 === 0 && facts.success ? `Nothing was needed: it says ${first.label} of the picture as it is.`
      : facts.success ? `${count} changed, and ${first.label} becomes ${last.label}.` : `Not fooled${goal === null ? "" : ` into ${model.labels[goal]}`} with ${most} pixels; it still says ${last.label}.`;
    find(this.element, ".verdict-line").textContent = text;
    find(this.element, ".now").textContent = facts.success && facts.norms.l0 > 1 ? "None of these pixels can go back alone; another set may be smaller." : "";
    find(this.element, ".after-tools").hidden = false;
    this.#keep.fresh(facts.success && facts.norms.l0 > 0);
    const others = seen?.order.filter((index) => index !== label).slice(0, 5) ?? [];
    find(this.element, ".others").replaceChildren(html`<span class="small dim">Change it to</span>`, ...others.map((index) => html`<button type="button" aria-pressed="${index === (goal ?? (facts.success ? last.index : -1))}" @click=${() => this.#screen.go({ goal: index })}>${model.labels[index]}</button>`));
    find(this.element, ".warnings").replaceChildren(...facts.notes.warnings.map((warning) => html`<p class="note small">${warning}</p>`));
    this.#screen.app.status("Ready");
  }

  /** @param {import("../api.js").Method} method */
  #about(method) {
    this.#form.schema = method.settings;
    find(this.element, ".how-body").replaceChildren(...about(method));
  }

  /** @param {boolean} busy */
  #busy(busy) {
    this.element.classList.toggle("stale", busy && this.#found !== null);
    this.element.classList.toggle("unknown", !this.#found);
    find(this.element, ".over-it").hidden = !busy;
    find(this.element, ".problem").hidden = true;
    if (busy) this.#ring.data = null;
    this.#screen.app.status(busy ? "Changing pixels" : "Ready", busy ? "busy" : "ok");
  }

  /** @param {Error & { title?: string }} problem */
  #failed(problem) {
    this.#busy(false);
    this.#key = "";
    const note = find(this.element, ".problem");
    note.hidden = false;
    note.textContent = problem.title === "cancelled" ? "Cancelled; choose a goal to go on." : problem.message;
  }
}
