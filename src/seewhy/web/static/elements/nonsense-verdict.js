// @ts-check
/** What is to be said of a picture that was made to mean nothing: how sure the model is, what it is most like, and what others say. Knows words. */

import { find, html } from "../html.js";

/** @typedef {{ sentence: string, accepted: boolean, nearest: { picture: string, address: string, words: string } | null, guard: { good: boolean | null, text: string } }} Verdict */
/** @typedef {{ name: string, text: string, agrees: boolean }} Other what another model says */

export class NonsenseVerdict extends HTMLElement {
  #body = html`<div class="verdict-rows">
    <p class="told"></p>
    <div class="nearest"><img alt=""><p class="small"><b>Nearest training picture</b> <span></span></p></div>
    <p class="guard"></p>
    <p class="others small dim"></p>
  </div>`;

  connectedCallback() {
    if (!this.#body.isConnected) this.append(this.#body);
  }

  /** @param {Verdict} data */
  set data({ sentence, accepted, nearest, guard }) {
    find(this, ".told").textContent = `${accepted ? "✓" : "✗"} ${sentence}`;
    find(this, ".told").classList.toggle("fell", !accepted);
    find(this, ".nearest").hidden = !nearest;
    if (nearest) {
      Object.assign(find(this, "img", HTMLImageElement), { src: nearest.picture, alt: `The nearest training picture, ${nearest.address}` });
      find(this, ".nearest span").textContent = nearest.words;
    }
    find(this, ".guard").textContent = `${guard.good === null ? "" : guard.good ? "✓ " : "⚠ "}${guard.text}`;
    find(this, ".guard").classList.toggle("note", guard.good === false);
    this.others = [];
  }

  /** @param {Other[]} others */
  set others(others) {
    find(this, ".others").textContent = others.map(({ name, text, agrees }) => `${agrees ? "⚠" : "✓"} ${name} says ${text}`).join(" · ");
  }
}

customElements.define("nonsense-verdict", NonsenseVerdict);
