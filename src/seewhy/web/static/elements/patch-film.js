// @ts-check
/** Occlusion as a film: a patch moves over the picture, the score moves with it, and the map fills up. Knows one run's falls. */

import { picture, put } from "../colours.js";
import { html } from "../html.js";
import { number, StagedFilm } from "./staged-film.js";

/**
 * @typedef {{ falls: ArrayLike<number>, tops: ArrayLike<number>, lefts: ArrayLike<number>, patch: number, patchWidth: number, fill: ArrayLike<number>,
 *   image: ArrayLike<number>, width: number, height: number, channels: number, scale: number, score: number, text: string }} Covered
 * falls: (rows · columns) how far the score fell under each patch; fill: (C, H, W) what covers the picture
 */

/** Step 0 is the bare picture; step k has the first k patches behind it. */
export class PatchFilm extends StagedFilm {
  /** @type {Covered | null} */
  #data = null;

  get data() {
    return this.#data;
  }

  set data(data) {
    this.#data = data;
    if (!data) return;
    const last = data.falls.length;
    this.film.data = { last, label: "Patches so far", say: (step) => this.#say(step), show: (step) => `${step} of ${last}` };
    const steps = Array.from({ length: last + 1 }, (_, step) => step);
    this.legend.data = { scale: data.scale, signed: true };
    const lowest = Math.max(...Array.from(data.falls));
    this.chart.data = {
      lines: [
        { name: "the picture left alone", look: "wide", x: [0, last], y: [data.score, data.score] },
        { name: "with the patch on it", look: "thin", x: steps, y: steps.map((step) => this.#score(step)) },
      ],
      xLabel: "patch", yLabel: "score", ends: ["first", "last"],
      sentence: `The score for ${data.text} is ${number(data.score)}; under the patch that hurts most it falls by ${number(lowest)}.`,
    };
    this.draw();
  }

  /** The map after the first patches: at each pixel, the mean fall of those that covered it. @param {number} step */
  values(step) {
    const { falls, width, height } = /** @type {Covered} */ (this.#data);
    const [sums, counts] = [new Float64Array(width * height), new Uint16Array(width * height)];
    for (let k = 0; k < step; k++) {
      this.#under(k, (i) => {
        sums[i] += falls[k];
        counts[i]++;
      });
    }
    return Float32Array.from(sums, (sum, i) => sum / (counts[i] || 1));
  }

  /** @param {number} step */
  #score(step) {
    const { falls, score } = /** @type {Covered} */ (this.#data);
    return step === 0 ? score : score - falls[step - 1];
  }

  /** Every pixel under a patch. @param {number} k @param {(i: number) => void} visit */
  #under(k, visit) {
    const { tops, lefts, patch, patchWidth, width, height } = /** @type {Covered} */ (this.#data);
    const [top, left] = [tops[Math.floor(k / lefts.length)], lefts[k % lefts.length]];
    for (let y = top; y < Math.min(top + patch, height); y++) for (let x = left; x < Math.min(left + patchWidth, width); x++) visit(y * width + x);
  }

  /** @param {number} step */
  #say(step) {
    if (!this.#data || step === 0) return `no patch, score ${number(this.#score(0))}`;
    return `patch ${step} of ${this.#data.falls.length}, score ${number(this.#score(step))}`;
  }

  draw() {
    if (!this.#data) return;
    const { image, fill, width, height, channels, scale, text, falls } = this.#data;
    const { step } = this.film;
    const covered = Float32Array.from(image);
    if (step) this.#under(step - 1, (i) => { for (let c = 0; c < channels; c++) covered[c * width * height + i] = fill[c * width * height + i]; });
    put(this.canvas, picture(covered, width, height, channels));
    if (step) this.#outline(step - 1);
    this.canvas.setAttribute("aria-label", step ? `The picture with ${this.#say(step)}` : "The picture without a patch");
    this.map.data = { values: this.values(step), width, height, scale, signed: true, sentence: `The map for ${text} after ${step} of ${falls.length} patches` };
    this.chart.at = step;
    this.said.replaceChildren(this.#sentence(step));
  }

  /** @param {number} step */
  #sentence(step) {
    const now = html`<b class="score">${number(this.#score(step))}</b>`;
    if (step === 0) return html`<span>Nothing is covered: the score is ${now}.</span>`;
    const fall = this.#score(0) - this.#score(step);
    if (Math.abs(fall) < 0.005) return html`<span>Covered here, the score stays at ${now}.</span>`;
    return html`<span>Covered here, the score ${fall > 0 ? "falls" : "rises"} by <b class="fall">${number(Math.abs(fall))}</b> to ${now}.</span>`;
  }

  /** A frame of one pixel, so that a black patch on black is seen. @param {number} k */
  #outline(k) {
    const pen = this.canvas.getContext("2d");
    const { tops, lefts, patch, patchWidth } = /** @type {Covered} */ (this.#data);
    if (!pen) return;
    pen.strokeStyle = "#f2b866";
    pen.strokeRect(lefts[k % lefts.length] - 0.5, tops[Math.floor(k / lefts.length)] - 0.5, patchWidth + 1, patch + 1);
  }
}

customElements.define("patch-film", PatchFilm);
