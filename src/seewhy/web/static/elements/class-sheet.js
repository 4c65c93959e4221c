// @ts-check
/** A sheet with one picture for each class, filled one by one as they are made. Knows labels and pixels. */

import { picture, put } from "../colours.js";
import { find, html } from "../html.js";
import { percent } from "./probability-bars.js";

/** @typedef {{ pixels: ArrayLike<number>, shape: number[], score: number, good: boolean, note: string } | { trouble: string } | { progress: number } | null} Tile pixels: (C, H, W) bytes */

/** Event: "open" {index} of the class. */
export class ClassSheet extends HTMLElement {
  /** @type {Map<number, HTMLElement>} */
  #tiles = new Map();

  /** The classes in their order. @param {{ index: number, label: string }[]} classes */
  set classes(classes) {
    if ([...this.#tiles.keys()].join() === classes.map(({ index }) => index).join()) return;
    this.setAttribute("role", "group");
    this.#tiles = new Map(classes.map(({ index, label }) => [index, html`<button type="button" disabled aria-label="${label}: waiting" data-label="${label}" @click=${() => this.dispatchEvent(new CustomEvent("open", { detail: { index } }))}>
      <span class="face"><canvas width="28" height="28" aria-hidden="true"></canvas><i class="ring" aria-hidden="true"></i></span><b>${label}</b><small class="dim">waiting</small></button>`]));
    this.replaceChildren(...this.#tiles.values());
  }

  /** What there is of one class. @param {number} index @param {Tile} tile */
  show(index, tile) {
    const button = this.#tiles.get(index);
    if (!(button instanceof HTMLButtonElement)) return;
    const words = find(button, "small");
    const done = tile !== null && "pixels" in tile;
    button.disabled = !done;
    button.classList.toggle("waiting", !done);
    button.classList.toggle("failed", done && !tile.good);
    words.classList.toggle("dim", !done);
    if (done) {
      const [channels, height, width] = tile.shape;
      put(find(button, "canvas", HTMLCanvasElement), picture(tile.pixels, width, height, channels, 255));
      words.textContent = `${percent(tile.score)} ${tile.good ? "✓" : "✗"}`;
    } else words.textContent = tile === null ? "waiting" : "trouble" in tile ? tile.trouble : "making …";
    find(button, ".ring").style.setProperty("--share", String(tile && "progress" in tile ? tile.progress : 0));
    button.ariaLabel = `${button.dataset.label}: ${done ? `${percent(tile.score)}${tile.note && `, ${tile.note}`}` : words.textContent}`;
    button.title = done ? tile.note : "";
  }

  /** Which one is shown large. @param {number | null} index */
  set chosen(index) {
    for (const [one, tile] of this.#tiles) tile.setAttribute("aria-pressed", String(one === index));
  }
}

customElements.define("class-sheet", ClassSheet);
