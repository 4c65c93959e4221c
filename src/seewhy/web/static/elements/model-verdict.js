// @ts-check
/** What the predictions of a whole data set say about a model: accuracy, who is taken for whom, and whether "90 % sure" means it. Knows facts. */

import { html } from "../html.js";
import { ClassTable } from "./class-table.js";
import { ConfusionMatrix } from "./confusion-matrix.js";
import { LineChart } from "./line-chart.js";

/** @typedef {{ count: number, labelled: number, correct: number, accuracy: number | null, confusion: number[][] | null, confusions: { label: number, predicted: number, count: number }[],
 *   per_class: import("./class-table.js").One[], reliability: { ece: number, bins: { sure: number, right: number, count: number }[] } }} Facts */

/** Event: "pick" {label, predicted} where somebody wants to see those images. */
export class ModelVerdict extends HTMLElement {
  /** @param {{ facts: Facts, labels: string[] }} data */
  set data({ facts, labels }) {
    if (facts.accuracy === null) this.replaceChildren(html`<p class="dim">The classes of these images are not known to the model, so nothing can be judged.</p>`);
    else this.#show(facts, labels, facts.accuracy);
  }

  /** @param {Facts} facts @param {string[]} labels @param {number} accuracy */
  #show(facts, labels, accuracy) {
    const matrix = facts.confusion ? this.#matrix(facts.confusion, labels) : null;
    const chart = new LineChart();
    this.replaceChildren(
      html`<p class="headline"><b>${(100 * accuracy).toFixed(2)} %</b> right: ${facts.correct.toLocaleString()} of ${facts.labelled.toLocaleString()} images.
        <span class="dim">Calibration error (ECE) ${(100 * facts.reliability.ece).toFixed(1)} %.</span></p>`,
      html`<div class="verdict-parts">
        <section class="card" aria-labelledby="who"><h2 id="who">Who is taken for whom</h2>${matrix ?? this.#list(facts.confusions, labels)}
          <p class="small dim">Choose a cell to see its images. Green: right; amber: taken for another class.</p></section>
        <section class="card" aria-labelledby="honest"><h2 id="honest">Does sure mean right?</h2>${chart}
          <p class="small dim">Right answers among images of equal certainty. On the straight line the model means what it says; below it, it is too sure of itself.</p></section>
        <section class="card classes" aria-labelledby="each"><h2 id="each">Each class</h2>${this.#classes(facts.per_class, labels)}</section>
      </div>`,
    );
    chart.data = reliability(facts.reliability);
  }

  /** @param {number[][]} counts @param {string[]} labels */
  #matrix(counts, labels) {
    const matrix = new ConfusionMatrix();
    matrix.data = { labels, counts };
    matrix.addEventListener("pick", (event) => this.#pick(/** @type {CustomEvent} */ (event).detail));
    return matrix;
  }

  /** Too many classes for a table: the confusions that happen most. @param {Facts["confusions"]} confusions @param {string[]} labels */
  #list(confusions, labels) {
    return html`<ol class="confusions">${confusions.map((one) => html`<li><button type="button" class="quiet" @click=${() => this.#pick(one)}>${labels[one.label]} → ${labels[one.predicted]}: ${one.count}</button></li>`)}</ol>`;
  }

  /** @param {import("./class-table.js").One[]} classes @param {string[]} labels */
  #classes(classes, labels) {
    const table = new ClassTable();
    const met = classes.map((one, at) => ({ one, label: labels[at] })).filter(({ one }) => one.support || one.called);
    table.data = { labels: met.map(({ label }) => label), classes: met.map(({ one }) => one) };
    return table;
  }

  /** @param {{ label: number, predicted: number }} pair */
  #pick({ label, predicted }) {
    this.dispatchEvent(new CustomEvent("pick", { detail: { label, predicted } }));
  }
}

/** @param {Facts["reliability"]} found @returns {import("./line-chart.js").Chart} */
function reliability({ bins, ece }) {
  const [sure, right] = [bins.map((bin) => bin.sure), bins.map((bin) => bin.right)];
  return {
    lines: [{ name: "right answers", look: "wide", x: sure, y: right }, { name: "what it says", look: "thin", x: [0, 1], y: [0, 1] }],
    xLabel: "how sure the model is", yLabel: "share of right answers", ends: ["0 %", "100 %"],
    sentence: `Reliability: the calibration error is ${(100 * ece).toFixed(1)} percent. ${bins.map((bin) => `Of ${bin.count} images at ${Math.round(100 * bin.sure)} percent sure, ${Math.round(100 * bin.right)} percent are right.`).join(" ")}`,
  };
}

customElements.define("model-verdict", ModelVerdict);
