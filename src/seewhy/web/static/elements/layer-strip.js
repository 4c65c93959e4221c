// @ts-check
/** The layers of a model in forward order as chips that are on or off; long networks get a list beside. Knows names and shapes. */

import { html } from "../html.js";

/** @typedef {{ name: string, kind: string, shape: number[], units: number }} Layer */

const MANY = 14; // chips in a line, beyond which a dialog is quicker

/** Event: "change" {chosen}: names in forward order. */
export class LayerStrip extends HTMLElement {
  /** @type {Layer[]} */
  #layers = [];
  /** @type {string[]} */
  #chosen = [];
  #current = "";
  #chips = html`<div class="chips" role="group" aria-label="Layers to look for rules in"></div>`;
  #edit = html`<button type="button" class="quiet small" @click=${() => this.#dialog()}>edit</button>`;

  connectedCallback() {
    if (!this.#chips.isConnected) this.append(this.#chips, this.#edit);
  }

  /** current: where the rule on the screen is. @param {{ layers: Layer[], chosen: string[], current?: string }} data */
  set data({ layers, chosen, current = "" }) {
    [this.#layers, this.#chosen, this.#current] = [layers, chosen, current];
    this.#edit.hidden = layers.length <= 1;
    const shown = layers.length > MANY ? layers.filter(({ name }) => chosen.includes(name)) : layers;
    this.#chips.replaceChildren(...shown.map((layer) => this.#chip(layer)));
  }

  /** @param {Layer} layer */
  #chip({ name, kind, shape, units }) {
    const on = this.#chosen.includes(name);
    const about = `${kind}, ${shape.join(" × ")} = ${units.toLocaleString("en")} units`;
    return html`<button type="button" class="layer" aria-pressed="${on}" aria-current="${name === this.#current ? "step" : "false"}" title="${about}" @click=${() => this.#toggle(name)}>${name}</button>`;
  }

  /** @param {string} name */
  #toggle(name) {
    const chosen = this.#chosen.includes(name) ? this.#chosen.filter((one) => one !== name) : [...this.#chosen, name];
    this.#tell(chosen);
  }

  /** @param {string[]} chosen */
  #tell(chosen) {
    const ordered = this.#layers.map(({ name }) => name).filter((name) => chosen.includes(name));
    if (!ordered.length) return this.dispatchEvent(new CustomEvent("refused", { detail: { why: "At least one layer is needed to explain with." } }));
    this.dispatchEvent(new CustomEvent("change", { detail: { chosen: ordered } }));
  }

  /** Two lists, from one to the other: for long networks and for keyboards. */
  #dialog() {
    const chosen = new Set(this.#chosen);
    const list = (/** @type {boolean} */ on) => /** @type {HTMLSelectElement} */ (html`<select multiple size="12" aria-label="${on ? "Looked for rules in" : "Left out"}"></select>`);
    const [out, used] = [list(false), list(true)];
    const fill = () => [out, used].forEach((select, on) => select.replaceChildren(...this.#layers.filter(({ name }) => chosen.has(name) === Boolean(on)).map(({ name, kind, shape }) =>
      html`<option value="${name}">${name} · ${kind} ${shape.join("×")}</option>`)));
    const move = (/** @type {HTMLSelectElement} */ from) => {
      for (const { value } of from.selectedOptions) if (from === out) chosen.add(value); else chosen.delete(value);
      fill();
    };
    const dialog = /** @type {HTMLDialogElement} */ (html`<dialog class="layers-dialog" aria-labelledby="layers-title"><div class="row spread"><h2 id="layers-title">Layers to look for rules in</h2>
      <button type="button" class="quiet" aria-label="Close" @click=${() => dialog.close()}>×</button></div>
      <div class="lists"><div><p class="small dim">Left out</p>${out}</div>
      <div class="moves"><button type="button" aria-label="Use the marked layers" @click=${() => move(out)}>&gt;</button><button type="button" aria-label="Leave the marked layers out" @click=${() => move(used)}>&lt;</button></div>
      <div><p class="small dim">Looked for rules in</p>${used}</div></div>
      <button type="button" class="primary" @click=${() => (dialog.close(), this.#tell([...chosen]))}>Use these</button></dialog>`);
    out.addEventListener("dblclick", () => move(out));
    used.addEventListener("dblclick", () => move(used));
    dialog.addEventListener("close", () => dialog.remove());
    fill();
    this.append(dialog);
    dialog.showModal();
  }
}

customElements.define("layer-strip", LayerStrip);
