// @ts-check
/** A form from the JSON Schema of a recipe: every setting with a label, a control that fits, and its help. Knows no method. */

import { find, html } from "../html.js";
import { control } from "./settings-control.js";

/** @typedef {import("./settings-control.js").Control} Control */
/** @typedef {import("./settings-control.js").Layer} Layer */

const PAUSE = 250; // ms of rest before a change is told

/** Event: "change", detail {values}: the settings that differ from the schema's own. */
export class SettingsForm extends HTMLElement {
  /** @type {any} */
  #schema = null;
  /** @type {Record<string, unknown>} */
  #values = {};
  /** @type {Layer[]} */
  #layers = [];
  #side = 28;
  /** @type {Record<string, Control>} */
  #controls = {};
  #timer = 0;
  #fields = html`<div class="fields"></div>`;
  #reset = html`<button type="button" class="quiet reset" disabled @click=${() => this.#restore()}>Reset</button>`;

  connectedCallback() {
    if (this.#fields.isConnected) return;
    this.append(this.#fields, this.#reset);
    this.addEventListener("change", (event) => event.target !== this && event.stopPropagation());
    this.addEventListener("input", (event) => event.stopPropagation());
  }

  get schema() {
    return this.#schema;
  }

  set schema(schema) {
    this.#schema = schema;
    this.#values = {};
    this.#build();
  }

  /** Settings; what is missing has the schema's default. */
  get values() {
    return this.#values;
  }

  set values(values) {
    clearTimeout(this.#timer);
    this.#values = { ...values };
    for (const [name, { set }] of Object.entries(this.#controls)) set(this.#value(name));
    this.#showReset();
  }

  /** The model's layers, for settings that name one. */
  get layers() {
    return this.#layers;
  }

  set layers(layers) {
    this.#layers = layers;
    if (this.#schema) this.#build();
  }

  /** Side of the image in pixels: how far sliders in pixels go. */
  get side() {
    return this.#side;
  }

  set side(side) {
    this.#side = side;
    if (this.#schema) this.#build();
  }

  #build() {
    const properties = Object.entries(this.#schema?.properties ?? {});
    this.#controls = Object.fromEntries(properties.map(([name, rule]) => {
      const told = (/** @type {unknown} */ value) => this.#changed(name, value);
      return [name, control(name, rule, { layers: this.#layers, side: this.#side }, told)];
    }));
    for (const [name, { set }] of Object.entries(this.#controls)) set(this.#value(name));
    this.#fields.replaceChildren(...Object.values(this.#controls).map(({ node }) => node));
    this.#reset.hidden = properties.length === 0;
    this.#showReset();
  }

  /** @param {string} name */
  #value(name) {
    return name in this.#values ? this.#values[name] : this.#schema.properties[name].default ?? null;
  }

  /** @param {string} name @param {unknown} value */
  #changed(name, value) {
    const own = this.#schema.properties[name].default ?? null;
    if (value === own) delete this.#values[name];
    else this.#values[name] = value;
    this.#showReset();
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => this.#tell(), PAUSE);
  }

  #restore() {
    this.values = {};
    find(this, "input, select").focus(); // the button is off now
    this.#tell();
  }

  #showReset() {
    this.#reset.toggleAttribute("disabled", Object.keys(this.#values).length === 0);
  }

  #tell() {
    this.dispatchEvent(new CustomEvent("change", { bubbles: true, detail: { values: { ...this.#values } } }));
  }
}

customElements.define("settings-form", SettingsForm);
