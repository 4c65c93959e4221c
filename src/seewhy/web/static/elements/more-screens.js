// @ts-check
/** The screens that a narrow window has no room for, as a menu. Knows the links beside it. */

import { html, stylesheet } from "../html.js";
import { openMenu } from "./pop-menu.js";

export class MoreScreens extends HTMLElement {
  #button = html`<button type="button" class="quiet" aria-haspopup="menu" @click=${() => this.#open()}>More</button>`;

  connectedCallback() {
    this.append(this.#button);
  }

  async #open() {
    await stylesheet("pop-menu.css");
    const links = /** @type {HTMLElement[]} */ ([...this.parentElement?.querySelectorAll(".rare") ?? []]);
    openMenu({ anchor: this.#button }, links.map((link) => ({ label: link.textContent ?? "", action: () => link.click() })), "More screens");
  }
}

customElements.define("more-screens", MoreScreens);
