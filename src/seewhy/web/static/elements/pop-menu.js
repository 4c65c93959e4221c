// @ts-check
/** A menu beside the thing it is about: opened by right-click, Shift+F10, a long press or a ⋯ button. Knows labels and functions only. */

import { html, stylesheet } from "../html.js";

/** @typedef {{ label: string, hint?: string, action: () => unknown }} Entry */
/** @typedef {{ group: string, options: { label: string, value: unknown }[], value: unknown, choose: (value: any) => unknown }} Choice a row of exclusive values; the menu stays open */
/** @typedef {Entry | Choice} MenuItem */
/** @typedef {{ anchor: HTMLElement, x?: number, y?: number }} Place */

const LONG = 500; // ms that make a press a long one
const STEADY = 10; // px a finger may wander meanwhile

/** @type {PopMenu | null} */
let open = null;

/** Shows a menu; Esc and a choice bring the focus back to the anchor. @param {Place} place @param {MenuItem[]} items @param {string} label */
export function openMenu(place, items, label) {
  open?.close(false);
  open = new PopMenu();
  document.body.append(open);
  open.show(place, items, label);
}

/** @param {Element} place */
const box = (place) => place.getBoundingClientRect();

export class PopMenu extends HTMLElement {
  /** @type {HTMLElement | null} */
  #anchor = null;
  #closed = false;

  /** @param {Place} place @param {MenuItem[]} items @param {string} label */
  show({ anchor, x, y }, items, label) {
    this.#anchor = anchor;
    this.setAttribute("role", "menu");
    this.setAttribute("aria-label", label);
    this.replaceChildren(...items.map((item) => ("group" in item ? this.#choice(item) : this.#entry(item))));
    this.addEventListener("keydown", this.#key);
    this.addEventListener("contextmenu", (event) => event.preventDefault());
    this.addEventListener("focusout", ({ relatedTarget }) => !(relatedTarget instanceof Node && this.contains(relatedTarget)) && this.close(false));
    document.addEventListener("pointerdown", this.#outside, true);
    const { left, bottom, top } = box(anchor);
    const { width, height } = box(this);
    const below = y ?? bottom + 4;
    this.style.left = `${Math.max(8, Math.min(x ?? left, innerWidth - width - 8))}px`;
    this.style.top = `${Math.max(8, below + height > innerHeight - 8 ? Math.max(8, (y ?? top - 4) - height) : below)}px`;
    this.#focus(0);
  }

  close(back = true) {
    if (this.#closed) return;
    this.#closed = true; // removing takes the focus away, which would close again
    document.removeEventListener("pointerdown", this.#outside, true);
    if (open === this) open = null;
    this.remove();
    if (back) this.#anchor?.focus();
  }

  /** @param {Entry} entry */
  #entry({ label, hint, action }) {
    return html`<button type="button" role="menuitem" tabindex="-1" @click=${() => (this.close(), action())}><span>${label}</span><small>${hint}</small></button>`;
  }

  /** @param {Choice} choice */
  #choice({ group, options, value, choose }) {
    const row = html`<div class="choice" role="group" aria-label="${group}"><small>${group}</small></div>`;
    row.append(...options.map((option) => html`<button type="button" role="menuitemradio" tabindex="-1" aria-checked="${option.value === value}" @click=${(/** @type {Event} */ event) => {
      for (const one of row.querySelectorAll("button")) one.setAttribute("aria-checked", String(one === event.currentTarget));
      choose(option.value);
    }}>${option.label}</button>`));
    return row;
  }

  get #entries() {
    return /** @type {HTMLElement[]} */ ([...this.querySelectorAll("button")]);
  }

  /** @param {number} at */
  #focus(at) {
    const entries = this.#entries;
    entries.at(at % entries.length)?.focus();
  }

  /** @param {KeyboardEvent} event */
  #key = (event) => {
    const now = this.#entries.findIndex((entry) => entry === document.activeElement);
    const letter = event.key.length === 1 ? this.#entries.findIndex((entry) => entry.textContent?.toLowerCase().startsWith(event.key.toLowerCase())) : -1;
    const to = { ArrowDown: now + 1, ArrowRight: now + 1, ArrowUp: now - 1, ArrowLeft: now - 1, Home: 0, End: -1 }[event.key] ?? (letter >= 0 ? letter : undefined);
    if (event.key === "Escape" || event.key === "Tab") this.close();
    else if (to !== undefined) this.#focus(to);
    else return;
    event.preventDefault();
    event.stopPropagation();
  };

  /** @param {PointerEvent} event */
  #outside = (event) => {
    if (!(event.target instanceof Node && this.contains(event.target))) this.close(false);
  };
}

/**
 * Listens for the four ways to ask for a menu, on whatever inside `root` matches `selector` (a ".more" inside it is its button).
 * @param {HTMLElement} root @param {string} selector @param {(place: Place, target: HTMLElement) => unknown} ask
 */
export function watchMenu(root, selector, ask) {
  stylesheet("pop-menu.css"); // before anybody asks
  const at = (/** @type {Event} */ event) => {
    const found = event.target instanceof Element ? event.target.closest(selector) : null;
    return found instanceof HTMLElement && root.contains(found) ? found : null;
  };
  const focusable = (/** @type {HTMLElement} */ target) => (target.matches("button, a, [tabindex]") ? target : target.querySelector("button:not(.more)")) ?? target;
  const open = (/** @type {HTMLElement} */ target, /** @type {{ x?: number, y?: number }} */ where = {}) => ask({ anchor: /** @type {HTMLElement} */ (focusable(target)), ...where }, target);
  let pressed = 0;
  let held = false;
  let [x, y] = [0, 0];

  root.addEventListener("contextmenu", (event) => {
    const target = at(event);
    if (!target) return;
    event.preventDefault();
    if (!held) open(target, event.clientX || event.clientY ? { x: event.clientX, y: event.clientY } : {});
  });
  root.addEventListener("keydown", (event) => {
    const target = at(event);
    if (!target || !(event.key === "ContextMenu" || (event.key === "F10" && event.shiftKey))) return;
    event.preventDefault();
    open(target);
  });
  root.addEventListener("click", (event) => {
    const target = at(event);
    if (held || (target && event.target instanceof Element && event.target.closest(".more"))) {
      event.stopPropagation();
      event.preventDefault();
      if (target && !held) open(target);
    }
    held = false;
  }, true);
  root.addEventListener("pointerdown", (event) => {
    held = false;
    const target = at(event);
    if (!target || event.pointerType === "mouse") return;
    [x, y] = [event.clientX, event.clientY];
    clearTimeout(pressed);
    pressed = setTimeout(() => ((held = true), open(target, { x, y })), LONG);
  });
  root.addEventListener("touchend", (event) => held && event.preventDefault(), { passive: false }); // a lifted finger would click, and take the focus
  const stop = () => clearTimeout(pressed);
  root.addEventListener("pointermove", (event) => Math.hypot(event.clientX - x, event.clientY - y) > STEADY && stop());
  for (const type of ["pointerup", "pointercancel", "scroll"]) root.addEventListener(type, stop, type === "scroll");
}

customElements.define("pop-menu", PopMenu);
