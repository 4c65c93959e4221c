// @ts-check
/** What lies folded under the grid: steps, baselines, the maps as text, and the doctor. Each is fetched when somebody unfolds it. Knows cells. */

import { find, html, on } from "../html.js";

/** @typedef {import("./explain-cell.js").ExplainCell} ExplainCell */
/** @typedef {{ app: import("../app.js").App, methods: import("../api.js").Method[], cell: ExplainCell | null, cells: ExplainCell[],
 *   columns: (method: string, setting: string, choices: string[]) => unknown }} Seen */

const FOLDS = [["steps-of", "Steps"], ["sweep-of", "Baselines"], ["as-text", "Read as text"], ["doctor", "Doctor"]];

/** Event: "unfold" when somebody looks. */
export class ExplainFolds extends HTMLElement {
  #folds = FOLDS.map(([name, words]) => html`<details class="${name}"><summary>${words}</summary><div class="inside"></div></details>`);

  connectedCallback() {
    if (this.#folds[0].isConnected) return;
    this.append(...this.#folds);
    for (const fold of this.#folds) on(fold, "toggle", () => this.dispatchEvent(new CustomEvent("unfold")));
  }

  /** Shows what is unfolded. @param {Seen} seen */
  async show({ app, methods, cell, cells, columns }) {
    const [steps, sweep, text, doctor] = this.#folds.map((fold) => ({ open: /** @type {HTMLDetailsElement} */ (fold).open, place: find(fold, ".inside") }));
    if (steps.open) (await import("./explain-steps.js")).showSteps(steps.place, cell, app);
    if (sweep.open) (await import("./explain-sweep.js")).showSweep(sweep.place, { app, methods, cell, columns });
    else if (sweep.place.firstChild) (await import("./explain-sweep.js")).stopSweep(sweep.place);
    if (text.open) (await import("./explain-texts.js")).readCells(text.place, cells);
    if (doctor.open) (await import("./explain-doctor.js")).showDoctor(doctor.place, app, cell);
  }
}

customElements.define("explain-folds", ExplainFolds);
