// @ts-check
/** How far a run has come, as a ring with words: done of total, and how long it will still take. Knows numbers. */

import { html } from "../html.js";

const PATIENCE = 2000; // ms before an estimate is worth showing

export class ProgressRing extends HTMLElement {
  #since = performance.now();
  #ring = html`<span class="ring" role="progressbar" aria-label="Progress" aria-valuemin="0" aria-valuemax="100"></span>`;
  #words = html`<span class="words small"></span>`;

  connectedCallback() {
    if (!this.#ring.isConnected) this.append(this.#ring, this.#words);
  }

  /** @param {{ done: number, total: number | null, stage: string, eta_s: number | null } | null} progress */
  set data(progress) {
    const { done = 0, total = null, stage = "waiting", eta_s: eta = null } = progress ?? {};
    if (!progress) this.#since = performance.now();
    const share = total ? done / total : 0;
    this.#ring.style.setProperty("--share", String(share));
    this.#ring.setAttribute("aria-valuenow", String(Math.round(100 * share)));
    const late = performance.now() - this.#since > PATIENCE && eta !== null && eta >= 1;
    this.#words.textContent = [total ? `${stage} ${done}/${total}` : stage, late ? `${Math.ceil(eta)} s left` : ""].filter(Boolean).join(" · ");
  }
}

customElements.define("progress-ring", ProgressRing);
