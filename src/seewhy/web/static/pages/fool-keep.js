// @ts-check
/** What can be done with a picture that fooled the model: keep it as a hole, or take it to another screen. */

import { html } from "../html.js";
import { openMenu } from "../elements/pop-menu.js";
import { pictureItems } from "../picture-menu.js";

/** @typedef {{ run: string, fooled: boolean }} Made the run that made it, and whether it does what it was made for */

/** Two buttons; `fresh` says that another picture is shown now. */
export class KeepRow extends HTMLElement {
  #keep = /** @type {HTMLButtonElement} */ (html`<button type="button" class="hole" @click=${() => this.#file()}>Keep as hole</button>`);
  #more = html`<button type="button" class="menu" aria-haspopup="menu" @click=${() => this.#open()}></button>`;

  /** @param {import("./fool-tabs.js").Screen} screen @param {string} name of the picture @param {() => Promise<Made | null>} made its run, made now if need be */
  constructor(screen, name, made) {
    super();
    this.screen = screen;
    this.made = made;
    this.#more.textContent = `What to do with ${name} ⋯`;
    this.name = name;
  }

  connectedCallback() {
    this.className = "row";
    if (!this.#keep.isConnected) this.append(this.#keep, this.#more);
  }

  /** @param {boolean} fooled only what fools the model is a hole */
  fresh(fooled) {
    this.#keep.disabled = !fooled;
    this.#keep.textContent = "Keep as hole";
    this.#keep.title = fooled ? "Files it under Browse › Holes" : "Only a picture that fools the model is a hole";
  }

  async #file() {
    const { app, api } = this.screen;
    this.#keep.disabled = true;
    try {
      const made = await this.made();
      if (!made?.fooled) throw new Error("This picture does not fool the model, so it is no hole.");
      await api.keepHole(made.run);
      this.#keep.textContent = "Kept ✓";
      app.toast("Kept: Browse lists all holes.");
    } catch (problem) {
      this.fresh(true);
      app.toast(/** @type {Error} */ (problem).message);
    }
  }

  async #open() {
    const { app } = this.screen;
    try {
      const made = await this.made();
      if (!made) return app.toast(`${this.name} is the picture itself; move the slider.`);
      openMenu({ anchor: this.#more }, pictureItems(app, `run:${made.run}/adversarial`), this.name);
    } catch (problem) {
      app.toast(/** @type {Error} */ (problem).message);
    }
  }
}

customElements.define("keep-row", KeepRow);
