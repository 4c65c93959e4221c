// @ts-check
/** What the colours of a map mean, in numbers: "−0.8 against … 0 … for +0.8". Knows one scale. */

import { LUT } from "../colours.js";
import { html } from "../html.js";

export class ColourLegend extends HTMLElement {
  /** @type {{ scale: number, signed?: boolean, unit?: string } | null} */
  #data = null;

  connectedCallback() {
    this.#show();
  }

  get data() {
    return this.#data;
  }

  set data(data) {
    this.#data = data;
    if (this.isConnected) this.#show();
  }

  #show() {
    const { scale = NaN, signed = true, unit = "" } = this.#data ?? {};
    const known = Number.isFinite(scale);
    const canvas = document.createElement("canvas");
    canvas.width = signed ? 255 : 128;
    canvas.height = 1;
    const pixels = new ImageData(canvas.width, 1);
    for (let x = 0; x < canvas.width; x++) {
      const row = 3 * (x + (signed ? 1 : 128));
      pixels.data.set([LUT[row], LUT[row + 1], LUT[row + 2], 255], 4 * x);
    }
    canvas.getContext("2d")?.putImageData(pixels, 0, 0);
    const bar = html`<span class="bar">${canvas}</span>`;
    const numbers = html`<span class="numbers" ?hidden=${!known}>
      <span>${signed ? `−${brief(scale)}` : "0"}</span><span ?hidden=${!signed}>0</span><span>+${brief(scale)}${unit && ` ${unit}`}</span>
    </span>`;
    this.replaceChildren(html`<span class="ends">${signed ? "against" : "nothing"}</span>`, bar, html`<span class="ends">for</span>`, numbers);
    this.setAttribute("role", "img");
    const words = signed ? `blue speaks against, down to −${brief(scale)}; grey is nothing; red speaks for` : "grey is nothing; red speaks for";
    this.setAttribute("aria-label", known ? `Colours: ${words}, up to +${brief(scale)} ${unit}`.trim() : "Colours: blue speaks against, grey is nothing, red speaks for");
  }
}

/** Three digits that say something. @param {number} value */
export function brief(value) {
  const size = Math.abs(value);
  if (size === 0 || !Number.isFinite(value)) return String(value);
  return size >= 100 ? value.toFixed(0) : size >= 0.001 ? String(+value.toPrecision(3)) : value.toExponential(1);
}

/** +1.23 or −1.23, with a true minus. @param {number} value @param {number} [digits] */
export function signed(value, digits = 2) {
  const text = Math.abs(value).toFixed(digits);
  return Number(text) === 0 ? text : `${value < 0 ? "−" : "+"}${text}`;
}

customElements.define("colour-legend", ColourLegend);
