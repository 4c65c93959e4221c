// @ts-check
/** How far something is that is being made, with a button to stop it. Knows progress, nothing of what is made. */

import { find, html } from "../html.js";
import { ProgressRing } from "./progress-ring.js";

const PATIENCE = 150; // ms before it is worth showing

/** Event: "cancel". */
export class MakingBar extends HTMLElement {
  #timer = 0;
  #body = html`<span class="row bar" hidden><progress-ring></progress-ring><button type="button" class="cancel" @click=${() => this.dispatchEvent(new CustomEvent("cancel"))}>Cancel</button></span>`;

  connectedCallback() {
    if (!this.#body.isConnected) this.append(this.#body);
  }

  /** Null when nothing is made. @param {Partial<import("../api.js").Progress> | null} progress */
  set data(progress) {
    if (!progress) {
      clearTimeout(this.#timer);
      this.#timer = 0;
      this.#body.hidden = true;
      return;
    }
    if (!this.#timer) this.#timer = setTimeout(() => (this.#body.hidden = false), PATIENCE);
    find(this.#body, "progress-ring", ProgressRing).data = /** @type {any} */ ("done" in progress ? progress : null);
  }
}

customElements.define("making-bar", MakingBar);
