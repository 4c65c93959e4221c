// @ts-check
/** Grad-CAM in three stages: the votes of a layer's maps, the small map they make, the same enlarged on the picture. Knows one run. */

import { find, html } from "../html.js";
import { ColourLegend, signed } from "./colour-legend.js";
import { HeatMap } from "./heat-map.js";

const SHOWN = 8; // votes that get a bar

/**
 * @typedef {{ weights: ArrayLike<number>, small: Float32Array, smallWidth: number, smallHeight: number, values: Float32Array, width: number, height: number,
 *   scale: number, text: string, sentence: string, layer: string, image: { pixels: ArrayLike<number>, channels: number } }} Cam
 */

export class CamSteps extends HTMLElement {
  /** @type {Cam | null} */
  #data = null;
  #small = new HeatMap();
  #large = new HeatMap();
  #legend = new ColourLegend();
  #body = html`<ol class="cam">
    <li><h3>Each map votes</h3><div class="votes"></div><p class="small dim votes-said"></p></li>
    <li><h3>The small map</h3>${this.#small}<p class="small dim small-said"></p></li>
    <li><h3>Enlarged</h3>${this.#large}${this.#legend}
      <label class="field small"><span>Strength</span><input type="range" min="0" max="100" step="5" value="80" @input=${() => this.#mix()}><output></output></label></li>
  </ol>`;

  connectedCallback() {
    if (!this.#body.isConnected) this.append(this.#body);
    this.#large.view = "overlay";
    this.#mix();
  }

  get data() {
    return this.#data;
  }

  set data(data) {
    this.#data = data;
    if (!data) return;
    const { weights, small, smallWidth, smallHeight, scale, text, sentence, layer } = data;
    const most = small.reduce((a, b) => Math.max(a, b), 0) || 1;
    find(this.#body, ".votes").replaceChildren(...votes(weights));
    const against = Array.from(weights).filter((weight) => weight < 0).length;
    find(this.#body, ".votes-said").textContent =
      `Layer “${layer}” keeps ${weights.length} maps of what it found. For ${text}, ${weights.length - against} of them count in favour and ${against} against; above are the loudest.`;
    this.#small.data = { values: small, width: smallWidth, height: smallHeight, scale: most, signed: false, sentence: `The maps of layer ${layer}, added up by their votes for ${text}: ${smallWidth} by ${smallHeight} cells` };
    find(this.#body, ".small-said").textContent = `${smallWidth} × ${smallHeight} cells: all maps added up by their votes. What came out below zero spoke against ${text} and is dropped (that step is called ReLU).`;
    this.#large.data = { ...data, scale, signed: false, sentence };
    this.#legend.data = { scale, signed: false };
  }

  #mix() {
    const slider = find(this.#body, "input", HTMLInputElement);
    this.#large.opacity = slider.valueAsNumber / 100;
    slider.setAttribute("aria-valuetext", `${slider.value} percent`);
    find(this.#body, "output").textContent = `${slider.value} %`;
  }
}

/** The loudest, as bars to the left (against) and right (for) of a middle line. @param {ArrayLike<number>} weights */
function votes(weights) {
  const loudest = Array.from(weights, (weight, map) => ({ weight, map })).sort((a, b) => Math.abs(b.weight) - Math.abs(a.weight)).slice(0, SHOWN);
  const most = Math.abs(loudest[0]?.weight) || 1;
  const digits = Math.max(2, 1 - Math.floor(Math.log10(most)));
  return loudest.map(({ weight, map }) => {
    const row = html`<p class="vote ${weight < 0 ? "against" : "for"}"><span>map ${map}</span><span class="track"><i></i></span><span>${signed(weight, digits)}</span></p>`;
    find(row, "i").style.setProperty("--share", String(Math.abs(weight) / most));
    return row;
  });
}

customElements.define("cam-steps", CamSteps);
