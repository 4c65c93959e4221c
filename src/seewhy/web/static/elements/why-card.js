// @ts-check
/** One explanation: which method with which settings, its map, legend, sum, and the same as text. Knows methods and maps. */

import { find, fragment, html, stylesheet } from "../html.js";
import { ColourLegend, signed } from "./colour-legend.js";
import { HeatMap } from "./heat-map.js";

/** @typedef {import("../api.js").Method} Method */
/** @typedef {{ text: string, values: Float32Array, width: number, height: number, scale: number, signed: boolean, sentence: string, final: boolean,
 *   sum: number, gap: number, delta: number, warnings: string[], image: { pixels: ArrayLike<number>, channels: number } }} Explained */

const CLOSED = 0.05; // a gap above this share of the rise is no completeness

/** Events: "recipe" {method, settings}, "form" when the settings are first opened. */
export class WhyCard extends HTMLElement {
  /** @type {Method[]} */
  #methods = [];
  /** @type {Explained | null} */
  #data = null;
  #over = 0;
  /** @type {import("./trust-mark.js").Trust | null} */
  #trust = null;
  #recipe = { method: "", settings: /** @type {Record<string, unknown>} */ ({}) };
  #body = html`<section class="card" aria-labelledby="why-title">
    <div class="row spread"><h2 id="why-title">Why?</h2><select aria-label="Method" @change=${(/** @type {Event} */ e) => this.#choose(e)}></select></div>
    <div class="map"><heat-map></heat-map><output class="probe small" hidden></output><p class="empty dim">The map appears when there is something to explain.</p></div>
    <colour-legend></colour-legend>
    <label class="field"><span>Over drawing</span><input type="range" min="0" max="100" step="5" value="0" @input=${(/** @type {Event} */ e) => (this.over = Number(/** @type {HTMLInputElement} */ (e.target).value) / 100)}><output>0 %</output></label>
    <p class="sum small dim"></p>
    <p class="belief small"><trust-mark></trust-mark></p>
    <div class="notes"></div>
    <div class="more"><details class="settings"><summary>Settings</summary></details>
    <details class="text"><summary>Read as text</summary><p class="small"></p><text-map></text-map></details>
    <details class="off" hidden><summary></summary></details></div>
  </section>`;

  connectedCallback() {
    if (this.#body.isConnected) return;
    this.append(this.#body);
    this.over = 0;
    this.data = null;
    find(this, ".settings", HTMLDetailsElement).addEventListener("toggle", () => this.#settings());
    find(this, ".text", HTMLDetailsElement).addEventListener("toggle", () => this.#text());
    this.addEventListener("probe", (event) => this.#probe(/** @type {CustomEvent} */ (event).detail));
  }

  /** Methods of the model, those that refuse greyed. */
  get methods() {
    return this.#methods;
  }

  set methods(methods) {
    this.#methods = methods;
    const groups = [...new Set(methods.map(({ group }) => group))];
    const option = (/** @type {Method} */ { name, title, refusal }) => html`<option value="${name}" ?disabled=${refusal}>${title}${refusal && " (off)"}</option>`;
    const ofGroup = (/** @type {string} */ group) => methods.filter((method) => method.group === group).map(option);
    find(this, "select").replaceChildren(...groups.map((group) => html`<optgroup label="${capital(group)}">${ofGroup(group)}</optgroup>`));
    this.#refusals();
  }

  /** @param {{ method: string, settings: Record<string, unknown> }} recipe */
  set recipe(recipe) {
    this.#recipe = recipe;
    find(this, "select", HTMLSelectElement).value = recipe.method;
    this.#settings();
  }

  get over() {
    return this.#over;
  }

  /** 0: the map alone; 1: its colours on the drawing. */
  set over(over) {
    this.#over = over;
    find(this, "heat-map", HeatMap).over = over;
    const slider = find(this, "[type=range]", HTMLInputElement);
    slider.value = String(100 * over);
    slider.setAttribute("aria-valuetext", `${Math.round(100 * over)} percent`);
    find(this, ".field output").textContent = `${Math.round(100 * over)} %`;
  }

  /** Held: the drawing alone. @param {boolean} bare */
  set bare(bare) {
    find(this, "heat-map", HeatMap).opacity = bare ? 0 : 1;
  }

  get data() {
    return this.#data;
  }

  set data(data) {
    this.#data = data;
    this.trust = null;
    find(this, "#why-title").textContent = data ? `Why “${data.text}”?` : "Why?";
    find(this, ".empty").hidden = Boolean(data);
    find(this, "heat-map").hidden = !data;
    find(this, "colour-legend", ColourLegend).data = data ? { scale: data.scale, signed: data.signed } : null;
    find(this, ".text").hidden = !data;
    find(this, ".sum").replaceChildren(...(data ? [this.#sum(data)] : []));
    find(this, ".notes").replaceChildren(...(data?.warnings ?? []).map((text) => html`<p class="note">${text}</p>`));
    if (!data) return;
    find(this, "heat-map", HeatMap).data = data;
    find(this, ".text p").textContent = data.sentence;
    this.#text();
  }

  /** How far to believe the map; comes after it. @param {import("./trust-mark.js").Trust | null} trust */
  set trust(trust) {
    this.#trust = trust;
    if (trust || customElements.get("trust-mark")) import("./trust-mark.js").then(({ TrustMark }) => (find(this, "trust-mark", TrustMark).data = this.#trust)); // fetched with the first figure
  }

  /** In place of a map, why there is none. @param {string} text */
  set problem(text) {
    this.data = null;
    find(this, ".notes").replaceChildren(html`<p class="note" role="alert">${text}</p>`);
  }

  /** What is shown is old: it stays, and is dimmed if the new takes its time. @param {boolean} waiting */
  set waiting(waiting) {
    this.#body.classList.toggle("waiting", waiting);
  }

  /** @param {Explained} data */
  #sum({ sum, gap, delta, final }) {
    if (!Number.isFinite(gap)) return fragment`The values sum to <b>${signed(sum)}</b>; this method promises nothing about their sum.`;
    const share = Math.abs(gap / (delta || 1));
    const from = this.#recipe.settings.baseline ?? "black";
    const verdict = !final ? "refining …" : share <= CLOSED ? "Completeness ✓" : `Completeness ✗: gap ${(100 * share).toFixed(0)} %, take more steps`;
    return fragment`Sums to <b>${signed(sum)}</b>; the score ${delta < 0 ? "fell" : "rose"} by ${Math.abs(delta).toFixed(2)} from ${String(from).includes("/") || String(from).includes(":") ? "the baseline" : from}. <span class="${final ? "act" : ""}">${verdict}</span>`;
  }

  /** Why some methods are greyed. */
  #refusals() {
    const refused = this.#methods.filter(({ refusal }) => refusal);
    const details = find(this, ".off");
    details.hidden = !refused.length;
    const summary = html`<summary>${refused.length} off</summary>`;
    details.replaceChildren(summary, ...refused.map(({ refusal }) => html`<p class="small dim">${refusal}</p>`));
  }

  /** @param {Event} event */
  #choose(event) {
    this.#say({ method: /** @type {HTMLSelectElement} */ (event.target).value, settings: {} });
  }

  /** The form is fetched and built when somebody looks at it. */
  async #settings() {
    const details = find(this, ".settings", HTMLDetailsElement);
    const method = this.#methods.find(({ name }) => name === this.#recipe.method);
    if (!details.open || !method) return;
    await Promise.all([import("./settings-form.js"), stylesheet("explain.css")]);
    let form = /** @type {any} */ (details.querySelector("settings-form"));
    if (!form) {
      form = document.createElement("settings-form");
      details.append(form);
      form.addEventListener("change", (/** @type {CustomEvent} */ event) => event.detail?.values && this.#say({ method: this.#recipe.method, settings: event.detail.values }));
      this.dispatchEvent(new CustomEvent("form", { detail: { form } }));
    }
    if (form.schema !== method.settings) form.schema = method.settings;
    form.values = this.#recipe.settings;
  }

  async #text() {
    if (!this.#data || !find(this, ".text", HTMLDetailsElement).open) return;
    await import("./text-map.js");
    Object.assign(find(this, "text-map"), { data: { ...this.#data, label: `Why “${this.#data.text}”` } });
  }

  /** @param {{ x: number, y: number, value: number } | null} at */
  #probe(at) {
    const output = find(this, ".probe");
    output.hidden = !at;
    find(this, "heat-map", HeatMap).crosshair = at;
    if (at) output.textContent = `row ${at.y + 1}, column ${at.x + 1}: ${signed(at.value, 3)}`;
  }

  /** @param {{ method: string, settings: Record<string, unknown> }} detail */
  #say(detail) {
    this.dispatchEvent(new CustomEvent("recipe", { detail }));
  }
}

/** @param {string} text */
const capital = (text) => text.charAt(0).toUpperCase() + text.slice(1);

customElements.define("why-card", WhyCard);
