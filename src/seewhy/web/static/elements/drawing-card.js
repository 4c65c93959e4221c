// @ts-check
/** The easel: the drawing with its tools, and, on small screens, the map and the first guesses right on it. Knows pixels. */

import { find, html } from "../html.js";
import { HeatMap } from "./heat-map.js";
import { percent } from "./probability-bars.js";
import { SketchPad } from "./sketch-pad.js";

/** @typedef {{ values: Float32Array, width: number, height: number, scale: number, signed?: boolean, seen: ArrayLike<number> }} Tint */

const NARROW = matchMedia("(max-width: 760px)");

/** Events: the pad's "ink" and "stroke-end", "random", "centre" {on}, "why" {on}. */
export class DrawingCard extends HTMLElement {
  /** @type {Tint | null} */
  #tint = null;
  #body = html`<section class="card" aria-labelledby="draw-title">
    <div class="row spread"><h2 id="draw-title">Your drawing</h2>
      <div class="segments" role="group" aria-label="Tool">
        <button type="button" data-tool="draw" aria-pressed="true" @click=${() => (this.tool = "draw")}>Draw <kbd>B</kbd></button>
        <button type="button" data-tool="erase" aria-pressed="false" @click=${() => (this.tool = "erase")}>Erase <kbd>E</kbd></button>
      </div></div>
    <div class="easel"><sketch-pad></sketch-pad><heat-map class="tint" aria-hidden="true" hidden></heat-map></div>
    <div class="strip row spread"><ol aria-label="Likeliest classes"></ol>
      <label class="check"><input type="checkbox" name="why" @change=${(/** @type {Event} */ e) => this.#why(e)}> Show why</label></div>
    <label class="field"><span>Brush</span><input type="range" name="brush" min="1" max="4" step="0.1" value="2.2" @input=${() => this.#brush()}><output>2.2 px</output></label>
    <div class="row tools">
      <button type="button" name="undo" @click=${() => this.pad.undo()}>Undo</button>
      <button type="button" name="redo" @click=${() => this.pad.redo()}>Redo</button>
      <button type="button" name="clear" @click=${() => this.pad.clear()}>Clear</button>
      <button type="button" @click=${() => this.#say("random", {})}>Random</button>
    </div>
    <label class="check"><input type="checkbox" name="centre" @change=${(/** @type {Event} */ e) => this.#say("centre", { on: /** @type {HTMLInputElement} */ (e.target).checked })}> Centre like MNIST</label>
  </section>`;

  connectedCallback() {
    if (this.#body.isConnected) return;
    this.append(this.#body);
    this.addEventListener("ink", () => this.#buttons());
    this.addEventListener("stroke-end", () => this.#buttons());
    NARROW.addEventListener("change", this.#showTint);
    this.#brush();
    this.#buttons();
  }

  disconnectedCallback() {
    NARROW.removeEventListener("change", this.#showTint);
  }

  get pad() {
    return find(this, "sketch-pad", SketchPad);
  }

  /** @param {"draw" | "erase"} tool */
  set tool(tool) {
    this.pad.tool = tool;
    for (const button of /** @type {NodeListOf<HTMLElement>} */ (this.querySelectorAll("[data-tool]"))) {
      button.setAttribute("aria-pressed", String(button.dataset.tool === tool));
    }
  }

  /** @param {boolean} on */
  set centre(on) {
    find(this, "[name=centre]", HTMLInputElement).checked = on;
  }

  /** Whether the model sees drawings centred, where that is wanted. @param {boolean} can */
  set centring(can) {
    const choice = find(this, "[name=centre]", HTMLInputElement).closest("label");
    if (choice) choice.hidden = !can;
  }

  /** Whether the map lies on the drawing where there is no room beside it. @param {boolean} on */
  set why(on) {
    find(this, "[name=why]", HTMLInputElement).checked = on;
    this.#showTint();
  }

  /** @param {{ label: string, share: number }[]} guesses */
  set guesses(guesses) {
    const entry = (/** @type {{ label: string, share: number }} */ { label, share }) => html`<li><b>${label}</b> ${percent(share, 0)}</li>`;
    find(this, ".strip ol").replaceChildren(...(guesses.length ? guesses.map(entry) : [html`<li class="dim">nothing drawn</li>`]));
  }

  /** The map of the picture that the model saw. @param {Tint | null} tint */
  set tint(tint) {
    this.#tint = tint;
    this.#showTint();
  }

  #showTint = async () => {
    const map = find(this, ".tint", HeatMap);
    const tint = this.#tint;
    map.hidden = !tint || !NARROW.matches || !find(this, "[name=why]", HTMLInputElement).checked;
    if (!tint || map.hidden) return;
    const { align } = await import("./align.js"); // the model may have seen the drawing moved and scaled
    const { scale, x, y } = align(this.pad.pixels, tint.seen, tint.width, tint.height);
    map.style.transform = `translate(${100 * x}%, ${100 * y}%) scale(${scale})`;
    map.view = "overlay";
    map.data = tint;
  };

  #brush() {
    const slider = find(this, "[name=brush]", HTMLInputElement);
    this.pad.brush = Number(slider.value);
    slider.setAttribute("aria-valuetext", `${slider.value} pixels`);
    find(this, ".field output").textContent = `${Number(slider.value).toFixed(1)} px`;
  }

  #buttons() {
    const { canUndo, canRedo, blank } = this.pad;
    find(this, "[name=undo]", HTMLButtonElement).disabled = !canUndo;
    find(this, "[name=redo]", HTMLButtonElement).disabled = !canRedo;
    find(this, "[name=clear]", HTMLButtonElement).disabled = blank;
  }

  /** @param {Event} event */
  #why(event) {
    this.#showTint();
    this.#say("why", { on: /** @type {HTMLInputElement} */ (event.target).checked });
  }

  /** @param {string} type @param {unknown} detail */
  #say(type, detail) {
    this.dispatchEvent(new CustomEvent(type, { detail }));
  }
}

customElements.define("drawing-card", DrawingCard);
