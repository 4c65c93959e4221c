// @ts-check
/** x + ε · direction = x′ in three pictures. Knows arrays and words, nothing of models. */

import { find, html } from "../html.js";
import { PlainPicture } from "./plain-picture.js";

/** @typedef {{ channels: number, width: number, height: number }} Size */
/** @typedef {{ x: Float32Array, middle: Float32Array, full: number, moved: Float32Array, size: Size }} Shown full: the change that is drawn in full colour */
/** @typedef {{ before: string, after: string, sign: string, middle: string, eps: string, fooled: boolean }} Words */

/** Events: "middle" {value} when something else shall be seen between the two; "menu" {anchor, x?, y?} about x′. */
export class NudgeEquation extends HTMLElement {
  #bare = false;
  /** @type {Shown | null} */
  #shown = null;
  #x = new PlainPicture();
  #middle = new PlainPicture();
  #moved = new PlainPicture();
  #body = html`<div class="equation">
    <figure class="of-x"><div class="frame">${this.#x}</div><figcaption><b>x</b> <span></span></figcaption></figure>
    <p class="sign" aria-hidden="true"></p>
    <figure class="of-middle"><div class="frame">${this.#middle}</div><figcaption><select aria-label="What is shown between the two pictures"></select></figcaption></figure>
    <p class="sign equals" aria-hidden="true">=</p>
    <figure class="of-moved"><div class="frame">${this.#moved}<span class="which" hidden>x</span></div><figcaption><b>x′</b> <span></span></figcaption></figure>
  </div>`;

  connectedCallback() {
    if (this.#body.isConnected) return;
    this.append(this.#body);
    const select = find(this.#body, "select", HTMLSelectElement);
    select.addEventListener("change", () => this.dispatchEvent(new CustomEvent("middle", { detail: { value: select.value } })));
  }

  /** What can be seen in the middle. @param {{ value: string, text: string }[]} options */
  set options(options) {
    find(this.#body, "select").replaceChildren(...options.map(({ value, text }) => html`<option value="${value}">${text}</option>`));
  }

  get data() { return this.#shown; }
  set data(shown) {
    this.#shown = shown;
    this.#draw();
  }

  /** x stands where x′ stands, so that the eye finds the difference. */
  get bare() { return this.#bare; }
  set bare(bare) {
    this.#bare = bare;
    this.#draw();
  }

  /** What is said about the pictures; what is not given stays as it is. @param {Partial<Words>} words */
  set words({ before, after, sign, middle, eps, fooled }) {
    if (before !== undefined) find(this.#body, ".of-x figcaption span").textContent = before;
    if (after !== undefined) find(this.#body, ".of-moved figcaption span").textContent = after;
    if (fooled !== undefined) find(this.#body, ".of-moved").classList.toggle("fooled", fooled);
    if (sign !== undefined) find(this.#body, ".sign").textContent = sign;
    if (middle !== undefined) find(this.#body, "select", HTMLSelectElement).value = middle;
    if (eps !== undefined) this.#label = eps;
  }

  #label = "";

  #draw() {
    if (!this.#shown) return;
    const { x, middle, full, moved, size } = this.#shown;
    this.#x.data = { pixels: x, ...size, label: "x, the picture" };
    this.#middle.data = { pixels: middle, ...size, change: full, label: `What is added, ${this.#label}` };
    this.#moved.data = this.#bare ? { pixels: x, ...size, label: "x, the picture" } : { pixels: moved, ...size, label: `x′, the picture with the nudge, ${this.#label}` };
    find(this.#body, ".which").hidden = !this.#bare;
  }
}

customElements.define("nudge-equation", NudgeEquation);
