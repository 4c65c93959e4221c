// @ts-check
/** How the maps are shown, and the settings of one method: the panel beside the grid. Knows a view and methods, no run. */

import { find, html } from "../html.js";
import { brief } from "../elements/colour-legend.js";
import { SettingsForm } from "../elements/settings-form.js";
import { columnNames } from "./explain-words.js";
import { PLAIN } from "./explain-state.js";

/** @typedef {import("./explain-state.js").View} View */
/** @typedef {import("../api.js").Method} Method */

const VIEWS = [["map", "Map"], ["overlay", "Overlay"], ["mask", "Mask"]];
const LOCKS = [["col", "in a column"], ["row", "in a row"], ["all", "in all maps"], ["off", "per map"]];

/** Events: "view" {view}, "settings" {settings}, "column" {column}, "choice" {what}: duplicate, remove or layers. */
export class ExplainPanel extends HTMLElement {
  #view = PLAIN;
  #body = html`<section class="card panel" aria-label="View and settings">
    <h2 id="view-title">View</h2>
    <div class="segments views" role="radiogroup" aria-labelledby="view-title">${VIEWS.map(([value, label]) => html`<label><input type="radio" name="view" value="${value}"><span>${label}</span></label>`)}</div>
    <label class="field not-mask"><span>Strength</span><input type="range" class="strength" min="-3" max="3" step="0.25"><output></output></label>
    <label class="field not-mask"><span>Opacity</span><input type="range" class="opacity" min="0" max="100" step="5"><output></output></label>
    <label class="field only-mask"><span>Keep</span><input type="range" class="keep" min="1" max="50" step="1"><output></output></label>
    <label class="field"><span>Same scale</span><select class="lock">${LOCKS.map(([value, label]) => html`<option value="${value}">${label}</option>`)}</select></label>
    <p class="units small dim" hidden>Methods measure in different units: across them only the pattern can be compared.</p>
    <label class="check"><input type="checkbox" class="marks">Sign marks <small class="dim">+ and − on the maps</small></label>
    <hr>
    <label class="field which"><h2>Settings</h2><select aria-label="Settings of"></select></label>
    <settings-form></settings-form>
    <p class="none small dim" hidden>This method has no settings.</p>
    <div class="row columns"><button type="button" class="duplicate" @click=${() => this.#say("choice", { what: "duplicate" })}>Duplicate this column</button>
      <button type="button" class="remove" @click=${() => this.#say("choice", { what: "remove" })}>Remove it</button>
      <button type="button" class="layers" hidden @click=${() => this.#say("choice", { what: "layers" })}>One column per layer</button></div>
    <div class="limits"></div>
  </section>`;

  connectedCallback() {
    if (this.#body.isConnected) return;
    this.append(this.#body);
    find(this, ".views").addEventListener("change", ({ target }) => this.#set({ view: /** @type {any} */ (/** @type {HTMLInputElement} */ (target).value) }));
    this.#slider("strength", (value) => ({ strength: 2 ** value }));
    this.#slider("opacity", (value) => ({ opacity: value / 100 }));
    this.#slider("keep", (value) => ({ keep: value / 100 }));
    const lock = find(this, ".lock", HTMLSelectElement);
    lock.addEventListener("change", () => this.#set({ lock: /** @type {any} */ (lock.value) }));
    const marks = find(this, ".marks", HTMLInputElement);
    marks.addEventListener("change", () => this.#set({ marks: marks.checked }));
    const which = find(this, ".which select", HTMLSelectElement);
    which.addEventListener("change", () => this.#say("column", { column: which.selectedIndex }));
    find(this, "settings-form").addEventListener("change", (event) => {
      const { detail } = /** @type {CustomEvent} */ (event);
      if (detail?.values) this.#say("settings", { settings: detail.values });
    });
    this.view = PLAIN;
  }

  get view() {
    return this.#view;
  }

  set view(view) {
    this.#view = view;
    find(this, `[value="${view.view}"]`, HTMLInputElement).checked = true;
    find(this, ".lock", HTMLSelectElement).value = view.lock;
    find(this, ".marks", HTMLInputElement).checked = view.marks;
    find(this, ".units").hidden = view.lock !== "row" && view.lock !== "all";
    find(this, ".only-mask").hidden = view.view !== "mask";
    for (const field of this.querySelectorAll(".not-mask")) field.toggleAttribute("hidden", view.view === "mask");
    this.#tell("strength", Math.log2(view.strength), `× ${brief(view.strength)}`);
    this.#tell("opacity", 100 * view.opacity, `${Math.round(100 * view.opacity)} %`);
    this.#tell("keep", 100 * view.keep, `top ${Math.round(100 * view.keep)} %`);
  }

  /** Which method's settings are shown. @param {{ method: string, settings: Record<string, unknown> }[]} recipes @param {number} column @param {Method[]} methods
   *  @param {import("../api.js").Layer[]} layers @param {number} side */
  settings(recipes, column, methods, layers, side) {
    const which = find(this, ".which select", HTMLSelectElement);
    which.replaceChildren(...columnNames(recipes, methods).map(({ title, settings }, at) => html`<option value="${at}">${[title, settings].filter(Boolean).join(", ")}</option>`));
    which.selectedIndex = column;
    const method = methods.find(({ name }) => name === recipes[column]?.method);
    if (!method) return;
    const form = find(this, "settings-form", SettingsForm);
    if (form.side !== side) form.side = side;
    if (form.layers !== layers) form.layers = layers;
    if (form.schema !== method.settings) form.schema = method.settings;
    if (JSON.stringify(form.values) !== JSON.stringify(recipes[column].settings)) form.values = recipes[column].settings;
    find(this, ".duplicate").hidden = Object.keys(method.settings.properties ?? {}).length === 0;
    find(this, ".columns .remove").hidden = recipes.length < 2;
    find(this, "button.layers").hidden = !Object.values(method.settings.properties ?? {}).some(({ layer }) => layer) || layers.filter(({ spatial }) => spatial).length < 2;
    find(this, ".none").hidden = Object.keys(method.settings.properties ?? {}).length > 0;
    const [first, ...rest] = method.limits;
    const others = rest.length > 0 && html`<details class="small"><summary>What else it cannot say</summary><ul>${rest.map((limit) => html`<li>${limit}</li>`)}</ul></details>`;
    find(this, ".limits").replaceChildren(...[first && html`<p class="note">⚠ ${first}</p>`, others].filter((node) => node instanceof Node),
      html`<p class="small"><a href="#/learn/${method.name}">How ${method.title} works</a></p>`);
  }

  /** @param {string} name @param {(value: number) => Partial<View>} change */
  #slider(name, change) {
    const input = find(this, `input.${name}`, HTMLInputElement);
    input.addEventListener("input", () => this.#set(change(input.valueAsNumber)));
  }

  /** @param {string} name @param {number} value @param {string} words */
  #tell(name, value, words) {
    const input = find(this, `input.${name}`, HTMLInputElement);
    input.value = String(value);
    input.setAttribute("aria-valuetext", words);
    const output = input.nextElementSibling;
    if (output) output.textContent = words;
  }

  /** @param {Partial<View>} change */
  #set(change) {
    this.view = { ...this.#view, ...change };
    this.#say("view", { view: this.#view });
  }

  /** @param {string} type @param {unknown} detail */
  #say(type, detail) {
    this.dispatchEvent(new CustomEvent(type, { detail }));
  }
}

customElements.define("explain-panel", ExplainPanel);
