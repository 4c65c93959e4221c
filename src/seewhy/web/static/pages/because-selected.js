// @ts-check
/** ② of a Because screen: the picture in question, larger, what the model says of it, and the button that asks why. Knows the API. */

import { find, html } from "../html.js";
import { ProgressRing } from "../elements/progress-ring.js";
import { name, verdict } from "../rule-words.js";

/** Events: "ask", "stop". */
export class BecauseSelected extends HTMLElement {
  /** @type {import("../app.js").App} */
  app = /** @type {any} */ (null);
  #ring = new ProgressRing();
  #turn = 0;
  #picture = /** @type {HTMLImageElement} */ (html`<img class="large" alt="">`);
  #verdict = html`<p class="verdict"></p>`;
  #cost = html`<p class="dim small cost"></p>`;
  #ask = html`<button type="button" class="primary ask" @click=${() => this.dispatchEvent(new Event("ask"))}></button>`;
  #cancel = html`<button type="button" class="cancel" @click=${() => this.dispatchEvent(new Event("stop"))}>Cancel</button>`;

  connectedCallback() {
    if (this.#picture.isConnected) return;
    this.append(this.#picture, html`<div class="about">${this.#verdict}${this.#cost}<div class="row">${this.#ask}${this.#ring}${this.#cancel}</div></div>`);
    this.busy = false;
  }

  /** @param {string} image @param {string | null} layer @param {string} data */
  async show(image, layer, data) {
    const turn = ++this.#turn;
    const { api, model } = this.app;
    this.#picture.src = api.imageURL(image, 280);
    this.#picture.alt = `The picture in question: ${name(image)}`;
    this.#verdict.textContent = name(image);
    this.#verdict.classList.remove("wrong");
    this.#cost.textContent = layer ? `A rule is looked for at ${layer}, in ${data}. The first time the model is shown the whole data set; after that it is quick.` : "";
    this.#ask.replaceChildren("Explain ", html`<kbd>⏎</kbd>`);
    const { predictions: [[top]], labels_true: [truth] } = await api.predict(model?.name ?? "", [image], 1);
    if (turn !== this.#turn) return;
    const label = truth === null ? null : model?.labels[truth] ?? null;
    this.#verdict.replaceChildren(html`<b>${name(image)}</b>`, ` · ${verdict({ predicted_name: top.label, label_name: label, score: top.score })}`);
    this.#verdict.classList.toggle("wrong", label !== null && label !== top.label);
    this.#ask.replaceChildren(`Why “${top.label}”? Explain `, html`<kbd>⏎</kbd>`);
  }

  focusAsk() {
    find(this, ".ask").focus({ preventScroll: true });
  }

  /** @param {boolean} busy */
  set busy(busy) {
    this.#ring.hidden = this.#cancel.hidden = !busy;
    this.#ask.hidden = busy;
    if (busy) this.#ring.data = null;
  }

  /** @param {import("../api.js").Progress} now */
  set progress(now) {
    this.#ring.data = now;
  }
}

customElements.define("because-selected", BecauseSelected);
