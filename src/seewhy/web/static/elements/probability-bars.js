// @ts-check
/** How sure of each class, one row each; a row is a button that asks about its class. Knows labels and numbers. */

import { html } from "../html.js";

/** @typedef {{ labels: string[], probabilities: ArrayLike<number> | null, top?: number, target?: number | null, note?: string }} BarData */

const ALL = 12; // up to here every class has its row, in its own order; beyond, the likeliest ten
const SHOWN = 10;

export class ProbabilityBars extends HTMLElement {
  /** @type {BarData | null} */
  #data = null;
  /** @type {HTMLElement[]} */
  #rows = [];

  get data() {
    return this.#data;
  }

  set data(data) {
    this.#data = data;
    if (data) this.#show(data);
  }

  /** @param {BarData} data */
  #show({ labels, probabilities, top, target }) {
    const known = probabilities !== null;
    const values = probabilities ?? labels.map(() => 1 / labels.length);
    const shown = order(labels.length, values, known, target);
    while (this.#rows.length < shown.length) this.#rows.push(this.#row());
    while (this.#rows.length > shown.length) this.#rows.pop()?.remove();
    this.classList.toggle("unknown", !known);
    shown.forEach((index, i) => {
      const row = this.#rows[i];
      const [label, bar, number] = /** @type {HTMLElement[]} */ ([...row.children]);
      row.dataset.index = String(index);
      row.classList.toggle("top", known && index === top);
      row.setAttribute("aria-pressed", String(known && index === target));
      row.setAttribute("aria-label", known ? `${labels[index]}, ${percent(values[index])}: explain this class` : `${labels[index]}, nothing drawn`);
      label.textContent = labels[index];
      /** @type {HTMLElement} */ (bar.firstElementChild).style.setProperty("--share", String(values[index]));
      number.textContent = known ? percent(values[index]) : "";
    });
  }

  #row() {
    const row = html`<button type="button" @click=${() => this.#choose(Number(row.dataset.index))}>
      <span class="label"></span><span class="track"><span class="fill"></span></span><span class="number"></span>
    </button>`;
    this.append(row);
    return row;
  }

  /** @param {number} index */
  #choose(index) {
    this.dispatchEvent(new CustomEvent("choose", { bubbles: true, detail: { index } }));
  }
}

/** @param {number} count @param {ArrayLike<number>} values @param {boolean} known @param {number | null | undefined} target */
function order(count, values, known, target) {
  const all = Array.from({ length: count }, (_, i) => i);
  if (count <= ALL || !known) return all.slice(0, Math.max(SHOWN, count <= ALL ? count : SHOWN));
  const best = all.sort((a, b) => values[b] - values[a]).slice(0, SHOWN);
  if (typeof target === "number" && !best.includes(target)) best[SHOWN - 1] = target;
  return best;
}

/** 0.77 → "77.0 %"; nothing is called certain, a 1 is only what 32 bits round to. @param {number} share @param {number} [digits] */
export function percent(share, digits = 1) {
  const text = (100 * share).toFixed(digits);
  if (Number(text) === 100) return `>\u00a0${(100 - 10 ** -digits).toFixed(digits)}\u00a0%`;
  return `${text}\u00a0%`;
}

customElements.define("probability-bars", ProbabilityBars);
