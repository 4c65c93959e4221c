// @ts-check
/** LIME as a film: the picture in pieces, some of them hidden, the score; and the line through the scores so far. Knows one run's masks. */

import { picture, put } from "../colours.js";
import { html } from "../html.js";
import { border, lines, milestones } from "../segments.js";
import { number, StagedFilm } from "./staged-film.js";

/**
 * @typedef {{ parts: ArrayLike<number>, masks: ArrayLike<number>, scores: ArrayLike<number>, count: number, ids: ArrayLike<number>, hidden: ArrayLike<number>, kernel: number, ridge: number,
 *   image: ArrayLike<number>, width: number, height: number, channels: number, scale: number, text: string }} Pieces
 * parts: (H · W) which part a pixel belongs to, `count` for those that were never hidden; masks: (S · count) 1 where a part was shown; scores: (S,);
 * ids: (H · W) the pieces that the parts are some of; hidden: (C, H, W) what is seen where one is hidden
 */

/** Step 0 is the picture in its pieces; step k has the first counts[k − 1] masks behind it. */
export class SegmentFilm extends StagedFilm {
  /** @type {Pieces | null} */
  #data = null;
  /** @type {number[]} */
  #counts = [];
  /** @type {import("../segments.js").Line[]} */
  #lines = [];

  get data() {
    return this.#data;
  }

  set data(data) {
    this.#data = data;
    if (!data) return;
    this.#counts = milestones(data.scores.length);
    this.#lines = lines(data, this.#counts);
    this.film.data = { last: this.#counts.length, label: "Pictures with hidden pieces so far", say: (step) => this.#say(step), show: (step) => `${this.#seen(step)} of ${data.scores.length}` };
    this.legend.data = { scale: data.scale, signed: true };
    this.chart.data = {
      lines: [{ name: "R²: how much of the scores the weights explain", look: "thin", x: this.#counts, y: this.#lines.map(({ r2 }) => Math.max(0, r2)) }],
      xLabel: "pictures tried", yLabel: "R²", ends: ["1", String(data.scores.length)],
      sentence: `After ${data.scores.length} pictures with hidden pieces, the weights explain ${Math.round(100 * (this.#lines.at(-1)?.r2 ?? 0))} percent of how the score for ${data.text} changes.`,
    };
    this.draw();
  }

  get #pieces() {
    return 1 + Array.from(this.#data?.ids ?? []).reduce((most, id) => Math.max(most, id), -1);
  }

  /** The weights that are known at a step. @param {number} step */
  weights(step) {
    return step === 0 ? new Float64Array(this.#data?.count ?? 0) : this.#lines[step - 1].weights;
  }

  /** @param {number} x */
  nearest(x) {
    return 1 + this.#counts.findLastIndex((count, at) => at === 0 || count <= x);
  }

  /** @param {number} step */
  #seen(step) {
    return step === 0 ? 0 : this.#counts[step - 1];
  }

  /** @param {number} step */
  #say(step) {
    if (!this.#data || step === 0) return "the picture in its pieces";
    return `picture ${this.#seen(step)} of ${this.#data.scores.length}, score ${number(this.#data.scores[this.#seen(step) - 1])}`;
  }

  draw() {
    if (!this.#data) return;
    const { parts, width, height, scale, text, scores } = this.#data;
    const { step } = this.film;
    this.#paint(step);
    const weights = this.weights(step);
    const values = Float32Array.from(parts, (part) => weights[part] ?? 0);
    this.map.data = { values, width, height, scale, signed: true, sentence: `The weights of the pieces for ${text} after ${this.#seen(step)} of ${scores.length} pictures` };
    this.chart.at = this.#seen(step);
    this.said.replaceChildren(this.#sentence(step));
  }

  /** The picture with the pieces of a step, their borders drawn where the pixels are large enough to spare some. @param {number} step */
  #paint(step) {
    const { ids, parts, masks, count, hidden, image, width, height, channels } = /** @type {Pieces} */ (this.#data);
    const row = (this.#seen(step) - 1) * count;
    const shown = (/** @type {number} */ i) => step === 0 || parts[i] === count || masks[row + parts[i]] === 1;
    const mixed = Float32Array.from(image, (value, at) => (shown(at % (width * height)) ? value : hidden[at]));
    const seen = picture(mixed, width, height, channels);
    for (let i = 0; i < width * height; i++) {
      const away = !shown(i);
      for (let c = 0; c < 3; c++) {
        if (away) seen.data[4 * i + c] = 0.45 * seen.data[4 * i + c] + 0.55 * [15, 85, 179][c]; // a hidden piece of the fill's own colour must be seen
        if (step === 0 && border(ids, i, width)) seen.data[4 * i + c] = [242, 184, 102][c];
      }
    }
    put(this.canvas, seen);
    this.canvas.setAttribute("aria-label", step === 0 ? `The picture cut into ${this.#pieces} pieces` : `The picture with some pieces hidden: ${this.#say(step)}`);
  }

  /** @param {number} step */
  #sentence(step) {
    const { scores, count, masks } = /** @type {Pieces} */ (this.#data);
    if (step === 0) return html`<span>The picture in <b>${this.#pieces}</b> pieces${count < this.#pieces && `, of which ${this.#pieces - count} look like what would hide them`}. All shown, the score is <b class="score">${number(scores[0])}</b>.</span>`;
    const at = this.#seen(step) - 1;
    let hidden = 0;
    for (let i = 0; i < count; i++) hidden += masks[at * count + i] ? 0 : 1;
    const { r2 } = this.#lines[step - 1];
    return html`<span>With <b>${hidden}</b> pieces hidden (tinted blue), the score is <b class="score">${number(scores[at])}</b>. The weights so far explain <b class="r2">${Math.round(100 * Math.max(0, r2))} %</b> of the scores seen until now.</span>`;
  }
}

customElements.define("segment-film", SegmentFilm);
