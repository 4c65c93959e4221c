// @ts-check
/** A map that answers: point at a pixel, or walk to it with the arrow keys, and read what it says. Knows one map, asks nobody. */

import { find, html, on } from "../html.js";
import { picture, put } from "../colours.js";
import { ColourLegend } from "./colour-legend.js";
import { HeatMap } from "./heat-map.js";

/** @typedef {import("./heat-map.js").HeatData & { read: (value: number) => string, ask?: string }} Told ask: what the button says, if the map can be tested */

const MOVES = /** @type {Record<string, [number, number]>} */ ({ ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] });

/** Events: "point" {x, y, value}; "ask" with the same, when somebody wants to know whether it is true. */
export class NudgeMap extends HTMLElement {
  /** @type {Told | null} */
  #data = null;
  /** @type {{ x: number, y: number } | null} */
  #at = null;
  #map = new HeatMap();
  #legend = new ColourLegend();
  #body = html`<div class="nudge">
    <figure><div class="frame" tabindex="0" role="group" aria-label="Read the map pixel by pixel with the arrow keys">${this.#map}</div><figcaption>${this.#legend}</figcaption></figure>
    <figure class="own"><div class="frame"><canvas role="img" aria-label="Your picture"></canvas><i></i></div></figure>
    <div class="told"><p class="readout" role="status"></p><button type="button" class="ask" hidden @click=${() => this.#ask()}></button><p class="answer" role="status"></p></div>
  </div>`;

  connectedCallback() {
    if (this.#body.isConnected) return;
    this.append(this.#body);
    const frame = find(this.#body, ".frame");
    frame.addEventListener("keydown", (event) => this.#key(event));
    on(this.#map, "probe", (at) => at && this.#go(at));
  }

  get data() {
    return this.#data;
  }

  set data(data) {
    this.#data = data;
    if (!data) return;
    this.#map.data = data;
    this.#legend.data = { scale: data.scale, signed: data.signed ?? true };
    const ask = find(this.#body, ".ask");
    ask.hidden = !data.ask;
    ask.textContent = data.ask ?? "";
    if (data.image) put(find(this.#body, ".own canvas", HTMLCanvasElement), picture(data.image.pixels, data.width, data.height, data.image.channels));
    find(this.#body, ".own").hidden = !data.image;
    this.#go(this.#at && this.#at.x < data.width && this.#at.y < data.height ? this.#at : loudest(data));
  }

  get at() {
    return this.#at;
  }

  /** What came of the question. @param {string} text */
  set answer(text) {
    find(this.#body, ".answer").textContent = text;
  }

  /** @param {{ x: number, y: number }} at */
  #go({ x, y }) {
    if (!this.#data) return;
    this.#at = this.#map.crosshair = { x, y };
    const value = this.#data.values[y * this.#data.width + x];
    find(this.#body, ".readout").textContent = `Row ${y + 1}, column ${x + 1}: ${this.#data.read(value)}`;
    this.answer = "";
    const mark = find(this.#body, ".own i");
    for (const [name, share] of Object.entries({ "--x": x / this.#data.width, "--y": y / this.#data.height, "--cell": 1 / this.#data.width })) mark.style.setProperty(name, String(share));
    this.dispatchEvent(new CustomEvent("point", { detail: { x, y, value } }));
  }

  #ask() {
    if (!this.#data || !this.#at) return;
    const { x, y } = this.#at;
    this.dispatchEvent(new CustomEvent("ask", { detail: { x, y, value: this.#data.values[y * this.#data.width + x] } }));
  }

  /** @param {KeyboardEvent} event */
  #key(event) {
    const move = MOVES[event.key];
    if (event.key === "Enter" && this.#data?.ask) this.#ask();
    if (!move || !this.#data || !this.#at) return;
    event.preventDefault();
    const { width, height } = this.#data;
    this.#go({ x: Math.max(0, Math.min(width - 1, this.#at.x + move[0])), y: Math.max(0, Math.min(height - 1, this.#at.y + move[1])) });
  }
}

/** @param {Told} map */
function loudest({ values, width }) {
  let best = 0;
  for (let i = 1; i < values.length; i++) if (Math.abs(values[i]) > Math.abs(values[best])) best = i;
  return { x: best % width, y: Math.floor(best / width) };
}

customElements.define("nudge-map", NudgeMap);
