// @ts-check
/** A map of signed values as a picture that can be read: three views, sign marks, a cross-hair. Knows no method and no URL. */

import { paint, put } from "../colours.js";
import { html } from "../html.js";

/** @typedef {{ values: Float32Array, width: number, height: number, scale: number, signed?: boolean, sentence?: string,
 *   image?: { pixels: ArrayLike<number>, channels: number } }} HeatData */

export class HeatMap extends HTMLElement {
  /** @type {HeatData | null} */
  #data = null;
  #look = { view: /** @type {"map" | "overlay" | "mask"} */ ("map"), opacity: 1, over: 0, strength: 1, keep: 0.2, marks: false };
  /** @type {{ x: number, y: number } | null} */
  #crosshair = null;
  #due = false;
  #map = document.createElement("canvas");
  #top = document.createElement("canvas");
  #nothing = html`<p class="nothing" hidden>Every value is zero: no pixel speaks for or against.</p>`;
  #resized = new ResizeObserver(() => this.#drawTop());

  connectedCallback() {
    if (!this.#map.isConnected) this.append(this.#map, this.#top, this.#nothing);
    this.setAttribute("role", "img");
    this.#top.className = "top";
    this.#resized.observe(this);
    this.addEventListener("pointermove", this.#probe);
    this.addEventListener("pointerdown", this.#probe);
    this.addEventListener("pointerleave", this.#leave);
    this.#later();
  }

  disconnectedCallback() {
    this.#resized.disconnect();
  }

  get data() {
    return this.#data;
  }

  set data(data) {
    this.#data = data;
    this.#later();
  }

  get view() { return this.#look.view; }
  set view(value) { this.#set("view", value); }
  get opacity() { return this.#look.opacity; }
  set opacity(value) { this.#set("opacity", value); }
  /** 0: the map alone, 1: its colours laid over the picture. */
  get over() { return this.#look.over; }
  set over(value) { this.#set("over", value); }
  /** Above 1, weaker values show more colour. */
  get strength() { return this.#look.strength; }
  set strength(value) { this.#set("strength", value); }
  get keep() { return this.#look.keep; }
  set keep(value) { this.#set("keep", value); }
  get marks() { return this.#look.marks; }
  set marks(value) { this.#set("marks", value); }
  get crosshair() { return this.#crosshair; }
  set crosshair(at) {
    this.#crosshair = at;
    this.#drawTop();
  }

  /** @template {keyof HeatMap["look"]} K @param {K} key @param {HeatMap["look"][K]} value */
  #set(key, value) {
    if (this.#look[key] === value) return;
    this.#look[key] = value;
    this.#later();
  }

  /** Everything that decides how the values look. */
  get look() {
    return this.#look;
  }

  #later() {
    if (this.#due) return;
    this.#due = true;
    queueMicrotask(() => {
      this.#due = false;
      this.#draw();
    });
  }

  #draw() {
    if (!this.#data) return;
    const { values, width, height, scale, image, sentence } = this.#data;
    put(this.#map, paint(values, width, height, scale / this.#look.strength, { ...this.#look, image }));
    this.#nothing.hidden = values.some((value) => value !== 0);
    this.setAttribute("aria-label", sentence ?? (this.#nothing.hidden ? "heat map" : this.#nothing.textContent ?? ""));
    this.#drawTop();
  }

  /** Signs and the cross-hair are drawn in screen pixels, above the map. */
  #drawTop() {
    const pen = this.#top.getContext("2d");
    if (!this.#data || !pen) return;
    const { width, height } = this.#data;
    const ratio = devicePixelRatio;
    const side = { x: (this.clientWidth * ratio) / width, y: (this.clientHeight * ratio) / height };
    this.#top.width = Math.round(side.x * width);
    this.#top.height = Math.round(side.y * height);
    if (this.#look.marks) this.#drawMarks(pen, side, ratio);
    if (!this.#crosshair) return;
    const { x, y } = this.#crosshair;
    for (const [colour, line] of /** @type {const} */ ([["#000", 4], ["#fff", 2]])) {
      pen.strokeStyle = colour;
      pen.lineWidth = line * Math.max(1, ratio / 2);
      pen.strokeRect(x * side.x, y * side.y, Math.max(side.x, 3), Math.max(side.y, 3));
    }
  }

  /** + and − on cells of at least 11 screen pixels. @param {CanvasRenderingContext2D} pen @param {{ x: number, y: number }} side @param {number} ratio */
  #drawMarks(pen, side, ratio) {
    const { values, width, height, scale } = /** @type {HeatData} */ (this.#data);
    const step = Math.max(1, Math.ceil((11 * ratio) / side.x));
    pen.lineWidth = 1.5 * ratio;
    pen.strokeStyle = "#fff";
    for (let y = 0; y < height; y += step) {
      for (let x = 0; x < width; x += step) {
        const mean = meanOf(values, width, x, y, Math.min(x + step, width), Math.min(y + step, height));
        if (Math.abs(mean) * this.#look.strength < 0.25 * scale) continue;
        const [cx, cy, arm] = [(x + step / 2) * side.x, (y + step / 2) * side.y, 3.2 * ratio];
        pen.beginPath();
        pen.moveTo(cx - arm, cy);
        pen.lineTo(cx + arm, cy);
        if (mean > 0) {
          pen.moveTo(cx, cy - arm);
          pen.lineTo(cx, cy + arm);
        }
        pen.stroke();
      }
    }
  }

  /** @param {PointerEvent} event */
  #probe = (event) => {
    if (!this.#data) return;
    const { values, width, height } = this.#data;
    const box = this.getBoundingClientRect();
    const x = Math.floor(((event.clientX - box.left) / box.width) * width);
    const y = Math.floor(((event.clientY - box.top) / box.height) * height);
    if (x < 0 || y < 0 || x >= width || y >= height) return;
    this.dispatchEvent(new CustomEvent("probe", { bubbles: true, detail: { x, y, value: values[y * width + x] } }));
  };

  #leave = () => this.dispatchEvent(new CustomEvent("probe", { bubbles: true, detail: null }));
}

/** @param {Float32Array} values @param {number} width @param {number} left @param {number} top @param {number} right @param {number} bottom */
function meanOf(values, width, left, top, right, bottom) {
  let sum = 0;
  for (let y = top; y < bottom; y++) for (let x = left; x < right; x++) sum += values[y * width + x];
  return sum / ((right - left) * (bottom - top));
}

customElements.define("heat-map", HeatMap);
