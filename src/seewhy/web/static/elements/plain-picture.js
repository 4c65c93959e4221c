// @ts-check
/** A picture from its values: as it is, or a change around grey. Knows arrays and colours, nothing of models. */

import { LUT, index, picture, put } from "../colours.js";

/** @typedef {{ pixels: ArrayLike<number>, channels: number, width: number, height: number, label: string, change?: number, rings?: number[] }} Pixels
 *   channel after channel; values 0…1, or with `change` signed, drawn in full colour at ±change; rings: pixels (row · width + column) to point out */

const MOST = 400; // rings; more would hide the picture

export class PlainPicture extends HTMLElement {
  #canvas = document.createElement("canvas");

  connectedCallback() {
    if (this.#canvas.isConnected) return;
    this.#canvas.setAttribute("role", "img");
    this.append(this.#canvas);
  }

  /** @param {Pixels} data */
  set data({ pixels, channels, width, height, label, change, rings = [] }) {
    put(this.#canvas, change === undefined ? picture(pixels, width, height, channels) : changed(pixels, width, height, channels, change));
    this.#canvas.setAttribute("aria-label", label);
    this.style.setProperty("--ratio", String(width / height));
    this.classList.toggle("fine", Math.max(width, height) > 64);
    for (const old of this.querySelectorAll("i")) old.remove();
    this.append(...rings.slice(0, MOST).map((at) => {
      const ring = document.createElement("i");
      ring.style.left = `${(100 * ((at % width) + 0.5)) / width}%`;
      ring.style.top = `${(100 * (Math.floor(at / width) + 0.5)) / height}%`;
      return ring;
    }));
  }
}

/** One channel: red is brighter, blue is darker; colours: each channel around grey. @param {ArrayLike<number>} values @param {number} width @param {number} height @param {number} channels @param {number} full */
function changed(values, width, height, channels, full) {
  if (channels === 3) return picture(Float32Array.from(values, (value) => 0.5 + 0.5 * Math.max(-1, Math.min(1, value / full))), width, height, 3);
  const out = new ImageData(width, height);
  for (let i = 0; i < width * height; i++) {
    const row = 3 * index(values[i], full);
    out.data.set([LUT[row], LUT[row + 1], LUT[row + 2], 255], 4 * i);
  }
  return out;
}

customElements.define("plain-picture", PlainPicture);
