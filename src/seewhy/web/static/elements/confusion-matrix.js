// @ts-check
/** Who is taken for whom: true classes down, called classes across; every cell is a button. Knows counts and names. */

import { html } from "../html.js";

/** @typedef {{ labels: string[], counts: number[][] }} Data counts: true class by called class */

const SHORT = 3; // letters of a long name above a column

/** Event: "pick" {label, predicted}. */
export class ConfusionMatrix extends HTMLElement {
  #at = [0, 0];
  /** @type {HTMLButtonElement[][]} */
  #cells = [];

  connectedCallback() {
    if (this.hasAttribute("role")) return;
    this.setAttribute("role", "grid");
    this.setAttribute("aria-label", "Confusion matrix: true classes down, called classes across");
    this.addEventListener("keydown", this.#key);
  }

  /** @param {Data} data */
  set data({ labels, counts }) {
    const totals = counts.map((row) => row.reduce((a, b) => a + b, 0));
    const long = Math.max(...labels.map((label) => label.length)) > SHORT;
    this.style.setProperty("--classes", String(labels.length));
    this.#cells = counts.map((row, label) => row.map((count, predicted) => this.#cell({ label, predicted, count, share: totals[label] ? count / totals[label] : 0 }, labels)));
    this.replaceChildren(
      html`<div role="row" class="head"><span role="columnheader" class="corner small dim">true ↓</span>${labels.map((label) => html`<span role="columnheader" class="dim" title="${label}" aria-label="${label}">${long ? label.slice(0, SHORT) : label}</span>`)}</div>`,
      ...this.#cells.map((row, label) => html`<div role="row"><span role="rowheader" title="${labels[label]}">${labels[label]}</span>${row}</div>`),
    );
    this.#stop(0, 0);
  }

  /** @param {{ label: number, predicted: number, count: number, share: number }} cell @param {string[]} labels */
  #cell({ label, predicted, count, share }, labels) {
    const words = `${labels[label]} called ${labels[predicted]}: ${count}, ${(100 * share).toFixed(1)} percent`;
    const button = /** @type {HTMLButtonElement} */ (html`<button type="button" role="gridcell" tabindex="-1" class="${label === predicted ? "right" : count ? "wrong" : "none"}" title="${words}" aria-label="${words}"
      @click=${() => this.dispatchEvent(new CustomEvent("pick", { detail: { label, predicted } }))} @focus=${() => this.#stop(label, predicted)}>${count || ""}</button>`);
    button.style.setProperty("--share", String(label === predicted ? share : Math.min(1, Math.sqrt(share) * 2)));
    return button;
  }

  /** @param {number} row @param {number} column */
  #stop(row, column) {
    this.#cells[this.#at[0]]?.[this.#at[1]]?.setAttribute("tabindex", "-1");
    this.#at = [row, column];
    this.#cells[row]?.[column]?.setAttribute("tabindex", "0");
  }

  /** @param {KeyboardEvent} event */
  #key = (event) => {
    const [row, column] = this.#at;
    const to = { ArrowLeft: [row, column - 1], ArrowRight: [row, column + 1], ArrowUp: [row - 1, column], ArrowDown: [row + 1, column], Home: [row, 0], End: [row, this.#cells.length - 1] }[event.key];
    if (!to) return;
    event.preventDefault();
    this.#cells[to[0]]?.[to[1]]?.focus();
  };
}

customElements.define("confusion-matrix", ConfusionMatrix);
