// @ts-check
/** Grad-CAM in four stages: the votes of a layer's maps, their sum, what of it is left, the same enlarged on the picture. Knows one run. */

import { picture, put } from "../colours.js";
import { find, html, stylesheet } from "../html.js";
import { ColourLegend, signed } from "./colour-legend.js";
import { HeatMap } from "./heat-map.js";

/**
 * @typedef {{ weights?: ArrayLike<number>, loudest?: ArrayLike<number>, maps?: Float32Array, summed?: Float32Array, small: Float32Array, smallWidth: number,
 *   smallHeight: number, values: Float32Array, width: number, height: number, scale: number, text: string, sentence: string, layer: string,
 *   image: { pixels: ArrayLike<number>, channels: number } }} Cam
 * loudest: the numbers of some maps, maps: those (L · h · w), summed: all by their weights before anything is dropped; without weights there are no votes to show
 */

export class CamSteps extends HTMLElement {
  /** @type {Cam | null} */
  #data = null;
  #summed = new HeatMap();
  #small = new HeatMap();
  #large = new HeatMap();
  #legend = new ColourLegend();
  #body = html`<ol class="cam">
    <li class="voting"><h3>Each map votes</h3><div class="votes"></div><p class="small dim votes-said"></p></li>
    <li class="voting"><h3>Added up</h3>${this.#summed}<p class="small dim summed-said"></p></li>
    <li><h3>What is left</h3>${this.#small}<p class="small dim small-said"></p></li>
    <li><h3>Enlarged</h3>${this.#large}${this.#legend}
      <label class="field small"><span>Strength</span><input type="range" min="0" max="100" step="5" value="80" @input=${() => this.#mix()}><output></output></label></li>
  </ol>`;

  connectedCallback() {
    stylesheet("path.css");
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
    const { small, smallWidth, smallHeight, scale, text, sentence, layer } = data;
    const most = small.reduce((a, b) => Math.max(a, b), 0) || 1;
    const size = { width: smallWidth, height: smallHeight };
    for (const stage of this.#body.querySelectorAll(".voting")) stage.toggleAttribute("hidden", !data.summed);
    if (data.summed) this.#vote(data, size);
    this.#small.data = { values: small, ...size, scale: most, signed: false, sentence: `What layer ${layer} shows for ${text}: ${smallWidth} by ${smallHeight} cells` };
    find(this.#body, ".small-said").textContent = data.summed
      ? `What came out below zero spoke against ${text} and is dropped (that step is called ReLU). ${smallWidth} × ${smallHeight} cells are left.`
      : `${smallWidth} × ${smallHeight} cells: the maps of layer “${layer}”, made one.`;
    this.#large.data = { ...data, scale, signed: false, sentence };
    this.#legend.data = { scale, signed: false };
  }

  /** @param {Cam} data @param {{ width: number, height: number }} size */
  #vote({ weights = [], loudest = [], maps = new Float32Array(), summed = new Float32Array(), text, layer }, size) {
    find(this.#body, ".votes").replaceChildren(...votes(weights, loudest, maps, size));
    const against = Array.from(weights).filter((weight) => weight < 0).length;
    find(this.#body, ".votes-said").textContent =
      `Layer “${layer}” keeps ${weights.length} maps of what it found. For ${text}, ${weights.length - against} of them count in favour and ${against} against; above are the loudest.`;
    const most = summed.reduce((top, value) => Math.max(top, Math.abs(value)), 0) || 1;
    this.#summed.data = { values: summed, ...size, scale: most, signed: true, sentence: `All maps of layer ${layer}, each times its weight for ${text}` };
    find(this.#body, ".summed-said").textContent = `Each map times its weight, all added: red for ${text}, blue against.`;
  }

  #mix() {
    const slider = find(this.#body, "input", HTMLInputElement);
    this.#large.opacity = slider.valueAsNumber / 100;
    slider.setAttribute("aria-valuetext", `${slider.value} percent`);
    find(this.#body, "output").textContent = `${slider.value} %`;
  }
}

/** The loudest, each with its picture and a bar to the left (against) or right (for) of a middle line.
 * @param {ArrayLike<number>} weights @param {ArrayLike<number>} loudest @param {Float32Array} maps @param {{ width: number, height: number }} size */
function votes(weights, loudest, maps, { width, height }) {
  const most = Math.abs(weights[Number(loudest[0])]) || 1;
  const digits = Math.max(2, 1 - Math.floor(Math.log10(most)));
  return Array.from(loudest, Number).map((map, at) => {
    const weight = weights[map];
    const row = html`<p class="vote ${weight < 0 ? "against" : "for"}"><canvas aria-hidden="true"></canvas><span>map ${map}</span><span class="track"><i></i></span><span>${signed(weight, digits)}</span></p>`;
    const found = maps.subarray(at * width * height, (at + 1) * width * height);
    const top = found.reduce((a, b) => Math.max(a, b), 0) || 1;
    put(find(row, "canvas", HTMLCanvasElement), picture(found.map((value) => Math.max(0, value) / top), width, height, 1));
    find(row, "i").style.setProperty("--share", String(Math.abs(weight) / most));
    return row;
  });
}

customElements.define("cam-steps", CamSteps);
