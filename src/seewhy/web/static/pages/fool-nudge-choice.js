// @ts-check
/** Which attack a nudge uses: method, norm, how far, and its other settings. Knows schemas, no attack but by what its settings are called. */

import { find, html } from "../html.js";
import { SettingsForm } from "../elements/settings-form.js";
import { eighths } from "../nudging.js";
import { formatRecipe } from "../recipe.js";

/** @typedef {import("../api.js").Method} Method */
/** @typedef {import("../recipe.js").Recipe} Recipe */

export const RANGES = [0.003, 0.01, 0.03, 0.1, 0.3, 1, 3, 10, 30];
export const TIMES = ["1", "5", "20", "100"]; // how strongly a difference can be shown
const SMALL = 64; // a picture with shorter sides needs larger changes to be fooled
const OWN = ["epsilon", "norm"]; // settings with a control of their own
const NORMS = /** @type {Record<string, string>} */ ({ linf: "L∞, largest change", l2: "L2, length of all changes", l0: "L0, pixels changed" });

/** @param {Method} method @param {Recipe} recipe */
const normOf = (method, recipe) => String(recipe.settings.norm ?? method.settings.properties?.norm?.default ?? "linf");

/** How far the curve goes if nobody says. @param {import("../api.js").Model} model @param {string} norm */
function usualRange({ input: { width, height } }, norm) {
  const small = Math.max(width, height) <= SMALL;
  return norm === "l2" ? (small ? 10 : 30) : small ? 0.3 : 0.03;
}

/** The run to ask for: an attack that has an ε gets half the range, for its curve goes twice as far.
 * @param {import("./fool-tabs.js").FoolState} state @param {Method[]} methods @param {Recipe} recipe @returns {any} */
export function taskOf({ model, image, asked, goal, own }, methods, recipe) {
  const method = /** @type {Method} */ (methods.find(({ name }) => name === recipe.method));
  const range = own.to ?? usualRange(model, normOf(method, recipe));
  const budget = method.settings.properties?.epsilon ? { epsilon: range / 2 } : {};
  return { kind: "attack", model: model.name, image, method: recipe.method, settings: { ...recipe.settings, ...budget }, ...(asked !== null && { label: asked }), ...(goal !== null && { target: goal }) };
}

/** Event: "choice" with what changes in the link: x, to. */
export class NudgeChoice extends HTMLElement {
  /** @type {Method[]} */
  #methods = [];
  /** @type {Recipe} */
  #recipe = { method: "", settings: {} };
  #form = new SettingsForm();
  #body = html`<div class="choices">
    <label class="field"><span>Attack</span><select class="method" @change=${() => this.#say({ method: this.#value(".method"), settings: {} }, { to: undefined })}></select></label>
    <label class="field of-norm"><span>Norm</span><select class="norm" @change=${() => this.#say({ ...this.#recipe, settings: { ...this.#recipe.settings, norm: this.#value(".norm") } }, { to: undefined })}></select></label>
    <label class="field of-range"><span>ε up to</span><select class="range" @change=${() => this.#say(this.#recipe, { to: Number(this.#value(".range")) })}></select></label>
    <p class="lede small dim"></p>
    <ul class="refused small" hidden></ul>
    <details class="more"><summary>Settings</summary>${this.#form}</details>
  </div>`;

  connectedCallback() {
    if (this.#body.isConnected) return;
    this.append(this.#body);
    this.#form.addEventListener("change", (event) => {
      if (event.target !== this.#form) return;
      const { norm } = this.#recipe.settings;
      this.#say({ ...this.#recipe, settings: { .../** @type {CustomEvent} */ (event).detail.values, ...(norm !== undefined && { norm }) } });
    });
  }

  /** The attack that is chosen. @returns {Method} */
  get method() {
    return /** @type {Method} */ (this.#methods.find(({ name }) => name === this.#recipe.method));
  }

  /** @param {Method[]} methods @param {Recipe} recipe @param {number | undefined} range @param {import("../api.js").Model} model */
  show(methods, recipe, range, model) {
    if (methods !== this.#methods) this.#list(methods);
    const other = recipe.method !== this.#recipe.method || methods !== this.#methods;
    [this.#methods, this.#recipe] = [methods, recipe];
    const { properties = {} } = this.method.settings;
    find(this, ".method", HTMLSelectElement).value = recipe.method;
    find(this, ".lede").textContent = this.method.about.split("\n\n")[0].replaceAll("\n", " ");
    if (other) this.#form.schema = { properties: Object.fromEntries(Object.entries(properties).filter(([name]) => !OWN.includes(name))) };
    this.#form.values = Object.fromEntries(Object.entries(recipe.settings).filter(([name]) => !OWN.includes(name)));
    this.#norm(properties.norm, normOf(this.method, recipe));
    find(this, ".of-range").hidden = !properties.epsilon;
    const norm = normOf(this.method, recipe);
    const [low, high] = norm === "l2" ? [1, 30] : [0.003, properties.epsilon?.maximum ?? 1];
    const fitting = RANGES.filter((one) => one >= low && one <= Math.min(high, norm === "l2" ? 30 : 1));
    find(this, ".range").replaceChildren(...fitting.map((one) => html`<option value="${one}">${one}${norm === "l2" ? "" : ` = ${eighths(one)}`}</option>`));
    find(this, ".range", HTMLSelectElement).value = String(range ?? usualRange(model, norm));
  }

  /** @param {Method[]} methods */
  #list(methods) {
    const option = (/** @type {Method} */ { name, title, refusal }) => html`<option value="${name}" ?disabled=${refusal} title="${refusal ?? ""}">${title}</option>`;
    find(this, ".method").replaceChildren(...methods.map(option));
    const refused = methods.filter(({ refusal }) => refusal);
    find(this, ".refused").hidden = refused.length === 0;
    find(this, ".refused").replaceChildren(...refused.map(({ refusal }) => html`<li>${refusal}</li>`));
  }

  /** A choice where there is one, else what it is. @param {any} rule @param {string} chosen */
  #norm(rule, chosen) {
    const select = find(this, ".norm", HTMLSelectElement);
    const only = this.#recipe.method === "fewest-pixels" ? "l0" : this.#recipe.method === "carlini-wagner" ? "l2" : "linf";
    const names = rule?.enum ?? [only];
    select.replaceChildren(...names.map((/** @type {string} */ name) => html`<option value="${name}">${NORMS[name] ?? name}</option>`));
    select.value = rule ? chosen : only;
    select.disabled = names.length < 2;
  }

  /** @param {string} place */
  #value(place) {
    return find(this, place, HTMLSelectElement).value;
  }

  /** @param {Recipe} recipe @param {Record<string, unknown>} [also] */
  #say({ method, settings }, also = {}) {
    const { settings: schema } = /** @type {Method} */ (this.#methods.find(({ name }) => name === method));
    this.dispatchEvent(new CustomEvent("choice", { detail: { x: formatRecipe(method, settings, schema), ...also } }));
  }
}

customElements.define("nudge-choice", NudgeChoice);
