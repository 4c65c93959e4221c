// @ts-check
/** A picture that was made step by step, as a film with the curve of how sure the model was. Knows frames and numbers. */

import { picture, put } from "../colours.js";
import { find, html, on } from "../html.js";
import { LineChart } from "./line-chart.js";
import { percent } from "./probability-bars.js";
import { StepFilm } from "./step-film.js";

/** @typedef {{ frames: Uint8Array, shape: number[], climb: number[], label: string, made: string }} Climb frames: (T, C, H, W) bytes; made: what it shows, for those who cannot see it */

export class ClimbFilm extends HTMLElement {
  /** @type {Climb | null} */
  #data = null;
  #body = html`<div class="climb">
    <figure><canvas role="img" aria-label="Nothing yet"></canvas></figure>
    <div class="rise"><p class="so-far"><b></b> <span class="dim"></span></p><step-film></step-film><line-chart></line-chart></div>
  </div>`;

  connectedCallback() {
    if (this.#body.isConnected) return;
    this.append(this.#body);
    on(this.#film, "step", () => this.#draw());
    on(find(this, "line-chart"), "pick", ({ x }) => {
      this.#film.pause();
      this.#film.step = Math.round(x);
      this.#draw();
    });
  }

  get #film() { return find(this, "step-film", StepFilm); }

  get data() { return this.#data; }

  /** A new one is shown at its end. */
  set data(data) {
    this.#data = data;
    this.classList.toggle("none", !data);
    if (!data) return;
    const last = data.climb.length - 1;
    this.#film.pause();
    this.#film.hidden = find(this, "line-chart").hidden = last < 1;
    this.#film.data = { last: Math.max(1, last), label: "Step of the climb", say: (step) => `step ${step} of ${last}, ${percent(data.climb[step] ?? 0)}` };
    this.#film.step = last;
    if (last >= 1) find(this, "line-chart", LineChart).data = {
      lines: [{ name: `how sure of “${data.label}”`, look: "thin", x: data.climb.map((_, at) => at), y: data.climb }],
      xLabel: "steps of the climb", yLabel: "probability", ends: ["nothing", "done"],
      sentence: `How sure the model was of “${data.label}” on the way: from ${percent(data.climb[0])} to ${percent(data.climb[last])} in ${last} steps.`,
    };
    this.#draw();
  }

  /** A first look while it is being made. @param {ArrayLike<number>} values (C, H, W), 0…1 @param {number[]} shape */
  glimpse(values, shape) {
    const [channels, height, width] = shape.length === 3 ? shape : [1, ...shape];
    put(this.canvas, picture(values, width, height, channels));
  }

  get canvas() { return find(this, "canvas", HTMLCanvasElement); }

  /** Once, for those who do not mind movement. */
  playOnce() {
    if (this.#data && this.#data.climb.length > 2) this.#film.playOnce();
  }

  #draw() {
    if (!this.#data) return;
    const { frames, shape: [channels, height, width], climb, label, made } = this.#data;
    const step = Math.min(this.#film.step, climb.length - 1);
    const size = channels * height * width;
    put(this.canvas, picture(frames.subarray(step * size, (step + 1) * size), width, height, channels, 255));
    this.canvas.ariaLabel = `${made}, step ${step} of ${climb.length - 1}`;
    find(this, ".so-far b").textContent = `“${label}” ${percent(climb[step])}`;
    find(this, ".so-far span").textContent = step === climb.length - 1 ? "" : `after ${step} ${step === 1 ? "step" : "steps"}`;
    if (climb.length > 1) find(this, "line-chart", LineChart).at = step;
  }
}

customElements.define("climb-film", ClimbFilm);
