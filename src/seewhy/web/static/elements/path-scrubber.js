// @ts-check
/** The way of Integrated Gradients, walked by hand: from the baseline to the picture, while the map adds up. Knows one path. */

import { picture, put } from "../colours.js";
import { html } from "../html.js";
import { signed } from "./colour-legend.js";
import { number, StagedFilm } from "./staged-film.js";

/**
 * @typedef {{ alphas: ArrayLike<number>, scores: ArrayLike<number>, sums: ArrayLike<number>, maps?: Float32Array | null, image: ArrayLike<number>,
 *   baseline: ArrayLike<number>, width: number, height: number, channels?: number, scale?: number, score?: number, baseline_score?: number,
 *   text?: string }} Path
 * alphas, scores, sums: (S,); maps: (S, H, W), absent for large pictures; image, baseline: (C, H, W)
 */

const OPEN = 0.05; // a gap above this share of the rise leaves too much unexplained

/** Step 0 is the baseline, step S + 1 the picture, between them lie the S points where the gradient was taken. */
export class PathScrubber extends StagedFilm {
  /** @type {Path | null} */
  #data = null;

  get data() {
    return this.#data;
  }

  set data(data) {
    this.#data = data;
    if (!data) return;
    this.film.data = { last: data.alphas.length + 1, label: "From the baseline to the picture", say: (step) => this.#say(step), show: (step) => `α = ${this.#alpha(step).toFixed(2)}` };
    this.#plot(data);
    this.legend.data = { scale: data.maps ? this.#scale(data.maps.subarray(-data.width * data.height)) : NaN, signed: true };
    this.draw();
  }

  /** @param {number} step */
  #alpha(step) {
    const { alphas } = /** @type {Path} */ (this.#data);
    return step === 0 ? 0 : step > alphas.length ? 1 : alphas[step - 1];
  }

  /** @param {number} step */
  #score(step) {
    const { scores, score, baseline_score } = /** @type {Path} */ (this.#data);
    if (step === 0) return baseline_score ?? scores[0];
    return step > scores.length ? score ?? scores[scores.length - 1] : scores[step - 1];
  }

  /** @param {number} step */
  #sum(step) {
    const { sums } = /** @type {Path} */ (this.#data);
    return step === 0 ? 0 : sums[Math.min(step, sums.length) - 1];
  }

  /** @param {number} step */
  #say(step) {
    return `α = ${this.#alpha(step).toFixed(2)}, score ${number(this.#score(step))}, sum so far ${number(this.#sum(step))}`;
  }

  draw() {
    if (!this.#data) return;
    const { step } = this.film;
    const alpha = this.#alpha(step);
    this.#shown(alpha);
    this.#soFar(step);
    this.chart.at = alpha;
    const rise = this.#score(step) - this.#score(0);
    this.said.replaceChildren(html`<span>The score has ${rise < 0 ? "fallen" : "risen"} by <b class="score">${number(Math.abs(rise))}</b>; the map adds up to <b class="sum">${signed(this.#sum(step))}</b>.${step > this.#data.alphas.length && this.#verdict(rise)}</span>`);
  }

  /** Whether the map accounts for the score, at the end of the way. @param {number} rise */
  #verdict(rise) {
    const gap = Math.abs((this.#sum(Infinity) - rise) / (rise || 1));
    if (gap > OPEN) return ` Between the two is a gap of ${(100 * gap).toFixed(0)} %: more steps would close it.`;
    return gap < 0.001 ? " The two agree: nothing is left unexplained." : ` The two agree to ${(100 * gap).toFixed(1)} %: next to nothing is left unexplained.`;
  }

  /** @param {number} alpha */
  #shown(alpha) {
    const { image, baseline, width, height, channels = image.length / (width * height) } = /** @type {Path} */ (this.#data);
    const mixed = Float32Array.from(image, (value, i) => baseline[i] + alpha * (value - baseline[i]));
    put(this.canvas, picture(mixed, width, height, channels));
    this.canvas.setAttribute("aria-label", `The picture at α = ${alpha.toFixed(2)}, ${Math.round(100 * alpha)} percent of the way from the baseline`);
  }

  /** @param {number} step */
  #soFar(step) {
    const { maps, width, height, text = "the target" } = /** @type {Path} */ (this.#data);
    this.sofar.hidden = !maps;
    if (!maps) return;
    const size = width * height;
    const values = step === 0 ? new Float32Array(size) : maps.subarray((Math.min(step, maps.length / size) - 1) * size).subarray(0, size);
    this.map.data = { values, width, height, scale: this.#scale(maps.subarray(-size)), signed: true, sentence: `The map so far: it adds up to ${number(this.#sum(step))} for ${text}` };
  }

  /** @param {Float32Array} whole */
  #scale(whole) {
    return this.#data?.scale ?? (whole.reduce((most, value) => Math.max(most, Math.abs(value)), 0) || 1);
  }

  /** @param {Path} data */
  #plot({ alphas }) {
    const steps = Array.from({ length: alphas.length + 2 }, (_, step) => step);
    const x = steps.map((step) => this.#alpha(step));
    const start = this.#score(0);
    this.chart.data = {
      lines: [
        { name: "rise of the score", look: "wide", x, y: steps.map((step) => this.#score(step) - start) },
        { name: "sum of the map", look: "thin", x: x.map((alpha, step) => this.#reach(alpha, step)).slice(0, -1), y: steps.slice(0, -1).map((step) => this.#sum(step)) },
      ],
      xLabel: "α", yLabel: "score", ends: ["baseline", "picture"],
      sentence: `Along the way the score rises by ${number(this.#score(alphas.length + 1) - start)}; the sum of the map goes with it and ends at ${number(this.#sum(alphas.length))}.`,
    };
  }

  /** How far along the way a sum speaks for: half of the way to the next point. @param {number} alpha @param {number} step */
  #reach(alpha, step) {
    const last = this.#data?.alphas.length ?? 0;
    return step === 0 ? 0 : step >= last ? 1 : (alpha + this.#alpha(step + 1)) / 2;
  }

  /** The step nearest to α. @param {number} alpha */
  nearest(alpha) {
    const distances = Array.from({ length: (this.film.data?.last ?? 0) + 1 }, (_, step) => Math.abs(this.#alpha(step) - alpha));
    return distances.indexOf(Math.min(...distances));
  }
}

customElements.define("path-scrubber", PathScrubber);
