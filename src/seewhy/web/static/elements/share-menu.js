// @ts-check
/** A button that opens a menu of actions, by mouse, touch and keyboard. Knows labels and functions, nothing of what they do. */

import { html } from "../html.js";

/** @typedef {{ label: string, action: () => unknown, hint?: string }} MenuItem */

let serial = 0;

export class ShareMenu extends HTMLElement {
  /** A list, or a function that is asked each time the menu opens. @type {MenuItem[] | (() => MenuItem[] | Promise<MenuItem[]>)} */
  items = [];
  #menu = html`<div role="menu" hidden></div>`;
  #button = html`<button type="button" class="quiet" aria-haspopup="menu" aria-expanded="false">Share</button>`;

  connectedCallback() {
    document.addEventListener("pointerdown", this.#outside); // again when the element was moved
    if (this.#button.isConnected) return;
    this.#menu.id = `menu-${++serial}`;
    this.#menu.setAttribute("aria-label", this.getAttribute("label") ?? "Share");
    this.#button.setAttribute("aria-controls", this.#menu.id);
    this.#button.textContent = this.getAttribute("label") ?? "Share";
    this.append(this.#button, this.#menu);
    this.#button.addEventListener("click", () => (this.#menu.hidden ? this.open() : this.close()));
    this.addEventListener("keydown", this.#key);
    this.addEventListener("focusout", ({ relatedTarget }) => {
      if (relatedTarget instanceof Node && !this.contains(relatedTarget)) this.close(false);
    });
  }

  disconnectedCallback() {
    document.removeEventListener("pointerdown", this.#outside);
  }

  async open() {
    const items = typeof this.items === "function" ? await this.items() : this.items;
    const entry = (/** @type {MenuItem} */ { label, hint, action }) => html`<button type="button" role="menuitem" tabindex="-1"
      @click=${() => (this.close(), action())}><span>${label}</span><small>${hint}</small></button>`;
    this.#menu.replaceChildren(...items.map(entry));
    this.#menu.hidden = false;
    this.#button.setAttribute("aria-expanded", "true");
    this.#focus(0);
  }

  close(back = true) {
    if (this.#menu.hidden) return;
    this.#menu.hidden = true;
    this.#button.setAttribute("aria-expanded", "false");
    if (back) this.#button.focus();
  }

  get #entries() {
    return /** @type {HTMLElement[]} */ ([...this.#menu.children]);
  }

  /** @param {number} at */
  #focus(at) {
    this.#entries.at(at % this.#entries.length)?.focus();
  }

  /** @param {KeyboardEvent} event */
  #key = (event) => {
    if (this.#menu.hidden) {
      if (event.key !== "ArrowDown") return;
      this.open();
    } else {
      const now = this.#entries.findIndex((entry) => entry === document.activeElement);
      const letter = this.#entries.findIndex((entry) => event.key.length === 1 && entry.textContent?.toLowerCase().startsWith(event.key.toLowerCase()));
      const to = { ArrowDown: now + 1, ArrowUp: now - 1, Home: 0, End: -1 }[event.key] ?? (letter >= 0 ? letter : undefined);
      if (event.key === "Escape" || event.key === "Tab") this.close(event.key === "Escape");
      else if (to !== undefined) this.#focus(to);
      else return;
      if (event.key === "Tab") return;
    }
    event.preventDefault();
    event.stopPropagation();
  };

  /** @param {PointerEvent} event */
  #outside = (event) => {
    if (event.target instanceof Node && !this.contains(event.target)) this.close(false);
  };
}

customElements.define("share-menu", ShareMenu);
