// @ts-check
/** The pieces of a picture as switches: each with its number, whether it stays, and how much is lost without it. Knows numbers. */

import { html } from "../html.js";

/** @typedef {{ noun: string, label: string, drops: ArrayLike<number>, alive: ArrayLike<number> }} Pieces noun: "stroke" */

/** Events: "piece" {piece} when one is switched, "mark" {piece} while one is pointed at; null after. */
export class PieceList extends HTMLElement {
  #count = -1;
  #noun = "";

  connectedCallback() {
    this.setAttribute("role", "group");
    if (!this.#noun) for (const [type, on] of /** @type {const} */ ([["pointerover", true], ["focusin", true], ["pointerleave", false], ["focusout", false]])) {
      this.addEventListener(type, ({ target }) => {
        const button = on && target instanceof Element ? target.closest("button") : null;
        this.dispatchEvent(new CustomEvent("mark", { detail: { piece: button ? [...this.children].indexOf(button) : null } }));
      });
    }
  }

  /** @param {Pieces} data */
  set data({ noun, label, drops, alive }) {
    if (drops.length !== this.#count || noun !== this.#noun) {
      [this.#count, this.#noun] = [drops.length, noun];
      this.replaceChildren(...Array.from(drops, (_, piece) => html`<button type="button" @click=${() => this.dispatchEvent(new CustomEvent("piece", { detail: { piece } }))}><b>${piece + 1}</b><i aria-hidden="true"></i><small></small></button>`));
    }
    this.setAttribute("aria-label", label);
    [...this.children].forEach((button, piece) => {
      const stays = Boolean(alive[piece]);
      const lost = points(drops[piece]);
      button.setAttribute("aria-pressed", String(stays));
      button.ariaLabel = `${capital(noun)} ${piece + 1} ${stays ? "stays" : "is gone"}; without it alone ${lost.startsWith("−") ? `${lost.slice(1)} less` : lost.startsWith("+") ? `${lost.slice(1)} more` : lost} sure`;
      button.children[1].textContent = stays ? "✓" : "✗";
      button.children[2].textContent = lost;
    });
  }
}

/** What is lost without a piece, in points. @param {number} drop */
export function points(drop) {
  const value = Math.abs(100 * drop);
  return value < 0.05 ? "±0" : `${drop > 0 ? "−" : "+"}${value.toFixed(value < 9.95 ? 1 : 0)} %`;
}

/** @param {string} text */
const capital = (text) => text[0].toUpperCase() + text.slice(1);

customElements.define("piece-list", PieceList);
