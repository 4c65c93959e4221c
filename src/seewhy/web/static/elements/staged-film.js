// @ts-check
/** What films have in common: a bar to play and pull, what the model is shown, the map so far, a chart, and a sentence. Knows no method. */

import { html, on, stylesheet } from "../html.js";
import { ColourLegend } from "./colour-legend.js";
import { HeatMap } from "./heat-map.js";
import { LineChart } from "./line-chart.js";
import { StepFilm } from "./step-film.js";

/** Children say what a step shows: `draw`, and which step a place on the chart means: `nearest`. */
export class StagedFilm extends HTMLElement {
  film = new StepFilm();
  map = new HeatMap();
  chart = new LineChart();
  legend = new ColourLegend();
  canvas = /** @type {HTMLCanvasElement} */ (html`<canvas role="img"></canvas>`);
  said = html`<p class="said small"></p>`;
  sofar = html`<figure class="sofar">${this.map}<figcaption class="small dim">The map so far</figcaption>${this.legend}</figure>`;
  #body = html`<div class="path">${this.film}
    <div class="stages">
      <figure>${this.canvas}<figcaption class="small dim">What the model is shown</figcaption></figure>
      ${this.sofar}<div class="rise">${this.chart}${this.said}</div>
    </div>
  </div>`;

  connectedCallback() {
    stylesheet("path.css");
    if (this.#body.isConnected) return;
    this.append(this.#body);
    on(this.film, "step", () => this.draw());
    on(this.chart, "pick", ({ x }) => {
      this.film.pause();
      this.step = this.nearest(x);
    });
  }

  get step() {
    return this.film.step;
  }

  set step(step) {
    this.film.step = step;
    this.draw();
  }

  /** Runs once, unless movement is unwelcome. */
  playOnce() {
    this.film.playOnce();
  }

  /** Shows the step at which the film stands. */
  draw() {}

  /** @param {number} x */
  nearest(x) {
    return Math.round(x);
  }
}

/** Two digits, with a real minus. @param {number} value */
export function number(value) {
  return value.toFixed(2).replace(/^-(0\.00)$/, "$1").replace("-", "−");
}
