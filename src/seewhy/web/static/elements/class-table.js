// @ts-check
/** How well each class is told: precision, recall and F1 with their intervals. Knows numbers and names. */

import { html } from "../html.js";

/** @typedef {{ precision: number | null, precision_interval: number[] | null, recall: number | null, recall_interval: number[] | null, f1: number | null, support: number, called: number }} One */

export class ClassTable extends HTMLElement {
  /** @param {{ labels: string[], classes: One[] }} data */
  set data({ labels, classes }) {
    this.replaceChildren(html`<table><caption class="visually-hidden">Each class</caption>
      <thead><tr><th scope="col">class</th><th scope="col" title="of the images called so, how many are">precision</th><th scope="col" title="of the images that are, how many are called so">recall</th><th scope="col">F1</th><th scope="col">images</th></tr></thead>
      <tbody>${classes.map((one, at) => html`<tr><th scope="row">${labels[at]}</th><td>${share(one.precision, one.precision_interval)}</td><td>${share(one.recall, one.recall_interval)}</td><td>${one.f1 === null ? "–" : one.f1.toFixed(3)}</td><td>${one.support}</td></tr>`)}</tbody></table>`);
  }
}

/** @param {number | null} value @param {number[] | null} interval */
function share(value, interval) {
  if (value === null) return html`<span title="nothing to count">–</span>`;
  const range = interval ? `95 % interval: ${percent(interval[0])} to ${percent(interval[1])}` : "";
  return html`<span title="${range}">${percent(value)}<small class="dim">${interval ? ` ${(100 * interval[0]).toFixed(0)}–${(100 * interval[1]).toFixed(0)}` : ""}</small></span>`;
}

/** @param {number} value */
const percent = (value) => `${(100 * value).toFixed(1)} %`;

customElements.define("class-table", ClassTable);
