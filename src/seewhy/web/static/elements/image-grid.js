// @ts-check
/** Many small pictures from one sheet: one tab stop, arrows lead about, wrong ones are marked. Knows no address and no model. */

import { html } from "../html.js";
import { watchMenu } from "./pop-menu.js";

/** @typedef {{ key: string, title: string, mark?: string, share?: number }} Tile key: what events name it by; mark: why it stands out; share: how sure, 0…1 */
/** @typedef {{ tiles: Tile[], sheet: string, columns: number, label: string }} Data sheet: one picture of all tiles, `columns` in each row */

/** Events: "open" {key, at}; "menu" {key, at, place}; "select" {keys} where `selectable`. */
export class ImageGrid extends HTMLElement {
  /** @type {Tile[]} */
  #tiles = [];
  #at = 0;
  #across = 0;
  /** @type {HTMLElement[]} */
  #cells = [];
  /** @type {Set<string>} */
  #selected = new Set();
  #from = 0;
  #sizes = new ResizeObserver(() => this.#arrange());
  selectable = false;

  connectedCallback() {
    if (!this.hasAttribute("role")) {
      this.setAttribute("role", "grid");
      this.addEventListener("keydown", this.#key);
      this.addEventListener("click", this.#click);
      this.addEventListener("focusin", ({ target }) => this.#stop(this.#cells.findIndex((cell) => cell.contains(/** @type {Node} */ (target)))));
      watchMenu(this, ".tile", (place, cell) => this.#tell("menu", this.#cells.indexOf(cell), { place }));
    }
    this.#sizes.observe(this);
  }

  disconnectedCallback() {
    this.#sizes.disconnect();
  }

  /** @param {Data} data */
  set data({ tiles, sheet, columns, label }) {
    const focused = this.contains(document.activeElement) ? this.#tiles[this.#at]?.key : null;
    this.#tiles = tiles;
    this.setAttribute("aria-label", label);
    this.setAttribute("aria-rowcount", "-1");
    if (this.selectable) this.setAttribute("aria-multiselectable", "true");
    const rows = Math.ceil(tiles.length / columns);
    this.#cells = tiles.map((tile, at) => this.#cell(tile, sheet, [at % columns, Math.floor(at / columns)], [columns, rows]));
    this.#across = 0;
    this.#at = Math.max(0, tiles.findIndex(({ key }) => key === (focused ?? tiles[this.#at]?.key)));
    this.#arrange();
    this.#stop(Math.min(this.#at, tiles.length - 1));
    if (focused) this.#cells[this.#at]?.querySelector("button")?.focus();
  }

  /** The keys of the tiles that are chosen. */
  get selected() {
    return [...this.#selected];
  }

  set selected(keys) {
    this.#selected = new Set(keys);
    this.#cells.forEach((cell, at) => this.#mark(cell, at));
  }

  /** Puts the focus on the tile called `key`. @param {string} key */
  focusOn(key) {
    this.#move(this.#tiles.findIndex((tile) => tile.key === key));
  }

  /** @param {Tile} tile @param {string} sheet @param {[number, number]} place @param {[number, number]} sides */
  #cell({ title, mark, share }, sheet, [column, row], [columns, rows]) {
    const cell = html`<div class="tile" role="gridcell"><button type="button" class="face" tabindex="-1" aria-label="${title}" title="${title}"></button>
      <span class="mark" aria-hidden="true" ?hidden=${!mark}>${mark}</span><span class="sure" aria-hidden="true" ?hidden=${share === undefined}></span>
      <button type="button" class="more" tabindex="-1" aria-label="Menu of ${title}" aria-haspopup="menu">⋯</button></div>`;
    const face = /** @type {HTMLElement} */ (cell.firstElementChild);
    face.style.backgroundImage = `url("${sheet}")`;
    face.style.backgroundSize = `${100 * columns}% ${100 * rows}%`;
    face.style.backgroundPosition = `${columns > 1 ? (100 * column) / (columns - 1) : 0}% ${rows > 1 ? (100 * row) / (rows - 1) : 0}%`;
    cell.style.setProperty("--sure", String(share ?? 0));
    cell.classList.toggle("marked", Boolean(mark));
    return cell;
  }

  /** Cells in rows as they are seen, so that those who listen hear the same rows. */
  #arrange() {
    const [first, second] = [this.clientWidth, parseFloat(getComputedStyle(this).getPropertyValue("--tile")) || 56];
    const across = Math.max(1, Math.floor((first + 6) / (second + 6)));
    if (across === this.#across && this.childElementCount) return;
    const focused = document.activeElement;
    this.#across = across;
    const rows = [];
    for (let at = 0; at < this.#cells.length; at += across) rows.push(html`<div role="row">${this.#cells.slice(at, at + across)}</div>`);
    this.style.setProperty("--across", String(across));
    this.replaceChildren(...rows);
    if (focused instanceof HTMLElement && this.contains(focused)) focused.focus();
  }

  /** @param {number} at */
  #stop(at) {
    if (at < 0) return;
    for (const [other, cell] of this.#cells.entries()) /** @type {HTMLElement} */ (cell.firstElementChild).tabIndex = other === at ? 0 : -1;
    this.#at = at;
  }

  /** @param {number} at */
  #move(at) {
    if (!this.#cells.length) return;
    const to = Math.max(0, Math.min(at, this.#cells.length - 1));
    this.#stop(to);
    /** @type {HTMLElement} */ (this.#cells[to].firstElementChild).focus();
  }

  /** @param {KeyboardEvent} event */
  #key = (event) => {
    const { key, shiftKey } = event;
    const across = this.#across;
    const start = this.#at - (this.#at % across);
    const whole = event.ctrlKey || event.metaKey;
    const to = {
      ArrowLeft: this.#at - 1, ArrowRight: this.#at + 1, ArrowUp: this.#at - across, ArrowDown: this.#at + across,
      Home: whole ? 0 : start, End: whole ? this.#cells.length - 1 : start + across - 1, PageUp: this.#at - 5 * across, PageDown: this.#at + 5 * across,
    }[key];
    if (to !== undefined) {
      if (to < 0 && key === "ArrowUp") return event.preventDefault();
      this.#move(to);
      if (shiftKey && this.selectable) this.#choose(this.#from, this.#at);
    } else if (key === " " && this.selectable) {
      this.#from = this.#at;
      this.#choose(this.#at);
    } else return;
    event.preventDefault();
  };

  /** @param {MouseEvent} event */
  #click = (event) => {
    const at = event.target instanceof Element && event.target.matches(".face") ? this.#cells.findIndex((cell) => cell.contains(/** @type {Node} */ (event.target))) : -1;
    if (at < 0) return;
    if (this.selectable && (event.shiftKey || event.ctrlKey || event.metaKey)) this.#choose(event.shiftKey ? this.#from : at, at);
    else this.#tell("open", at);
    this.#from = at;
  };

  /** One tile is switched; of a range, all are chosen. @param {number} from @param {number} [to] */
  #choose(from, to) {
    const keys = this.#tiles.slice(Math.min(from, to ?? from), Math.max(from, to ?? from) + 1).map(({ key }) => key);
    for (const key of keys) if (to === undefined && this.#selected.has(key)) this.#selected.delete(key); else this.#selected.add(key);
    this.selected = [...this.#selected];
    this.dispatchEvent(new CustomEvent("select", { detail: { keys: this.selected } }));
  }

  /** @param {HTMLElement} cell @param {number} at */
  #mark(cell, at) {
    cell.toggleAttribute("data-chosen", this.#selected.has(this.#tiles[at].key));
    if (this.selectable) cell.setAttribute("aria-selected", String(this.#selected.has(this.#tiles[at].key)));
  }

  /** @param {string} type @param {number} at @param {object} [more] */
  #tell(type, at, more = {}) {
    if (at >= 0) this.dispatchEvent(new CustomEvent(type, { detail: { key: this.#tiles[at].key, at, ...more } }));
  }
}

customElements.define("image-grid", ImageGrid);
