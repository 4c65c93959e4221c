// @ts-check
/** Drawings to try, each a button with what the model makes of it. Knows ink and numbers. */

import { picture, put } from "../colours.js";
import { EXAMPLES, SIDE } from "../examples.js";
import { html } from "../html.js";
import { inkDecode } from "../wire.js";
import { percent } from "./probability-bars.js";

/** @typedef {{ label: string, score: number }} Guess */

/** Event: "choose" {ink}. */
export class ExampleRow extends HTMLElement {
  #turn = 0;

  connectedCallback() {
    if (!this.children.length) this.append(...EXAMPLES.map((example) => this.#button(example)));
  }

  /** What a model makes of them: asked, not remembered. @param {(images: string[]) => Promise<{ predictions: Guess[][] }>} predict */
  async measure(predict) {
    const turn = ++this.#turn;
    const { predictions } = await predict(EXAMPLES.map(({ ink }) => `ink:${ink}`));
    if (turn !== this.#turn) return;
    const lines = [...this.querySelectorAll("small")];
    predictions.forEach(([{ label, score }], i) => (lines[i].textContent = `says ${label}, ${percent(score)}`));
  }

  /** @param {{ title: string, ink: string }} example */
  #button({ title, ink }) {
    const canvas = Object.assign(document.createElement("canvas"), { width: SIDE, height: SIDE });
    inkDecode(ink).then((pixels) => put(canvas, picture(pixels, SIDE, SIDE, 1, 255)));
    return html`<button type="button" @click=${() => this.dispatchEvent(new CustomEvent("choose", { detail: { ink } }))}>
      ${canvas}<span><span>${title}</span><small class="dim">…</small></span></button>`;
  }
}

customElements.define("example-row", ExampleRow);
