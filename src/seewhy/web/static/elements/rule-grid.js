// @ts-check
/** A rule in pictures: the picture in question and others that satisfy it, and under each what every condition looks at. Knows rectangles, no model. */

import { html } from "../html.js";
import { watchMenu } from "./pop-menu.js";
import { place } from "./discs.js";

/** @typedef {[top: number, left: number, bottom: number, right: number]} Box pixels of the model's input, all four inside */
/** @typedef {{ key: string, title: string, mark?: string }} Shown */
/** @typedef {{ shown: Shown[], sheet: string, columns: number, tile: number, width: number, height: number, regions: Box[], conditions: string[], label: string }} Data
 *   shown: the picture in question first; sheet: one picture of them all, each in the middle of a square of `tile` pixels */

const DISC = 0.19; // of a picture's width: how far discs keep apart

/** Events: "ask" {row, column}; "open" {column}; "menu" {row, column, place}, row −1 is the picture itself; "point" {row}, −1 for none. */
export class RuleGrid extends HTMLElement {
  /** @type {Data | null} */
  #data = null;
  /** @type {HTMLElement[][]} */
  #cells = [];
  #at = [0, 0];
  #pointed = -1;

  connectedCallback() {
    if (this.hasAttribute("role")) return;
    this.setAttribute("role", "grid");
    this.addEventListener("keydown", this.#key);
    this.addEventListener("click", ({ target }) => this.#act(target));
    this.addEventListener("focusin", ({ target }) => this.#enter(target));
    this.addEventListener("pointerover", ({ target }) => this.#point(this.#where(target)?.[0] ?? -1));
    this.addEventListener("pointerleave", () => this.#point(-1));
    this.addEventListener("focusout", ({ relatedTarget }) => !(relatedTarget instanceof Node && this.contains(relatedTarget)) && this.#point(-1));
    watchMenu(this, ".cell", (where, cell) => {
      const [row, column] = this.#where(cell) ?? [0, 0];
      this.dispatchEvent(new CustomEvent("menu", { detail: { row, column, place: where } }));
    });
  }

  /** @param {Data} data */
  set data(data) {
    this.#data = data;
    const { shown, regions, conditions, label } = data;
    this.setAttribute("aria-label", label);
    const faces = html`<div role="row">${shown.map((one) => this.#cell(one.title, [data.width, data.height], one.mark))}</div>`;
    const crops = regions.map(([top, left, bottom, right], row) => html`<div role="row">${shown.map((one) =>
      this.#cell(`${one.title}: condition ${row + 1}, ${conditions[row]}`, [right - left + 1, bottom - top + 1]))}</div>`);
    const rows = [faces, ...crops];
    this.replaceChildren(...rows);
    this.#cells = rows.map((row) => /** @type {HTMLElement[]} */ ([...row.children]));
    const spots = place(regions, data.width, data.height, DISC);
    for (const cell of this.#cells[0]) cell.firstElementChild?.append(html`<span class="outline" aria-hidden="true"></span>`, ...spots.map(([x, y], row) => disc(row, x, y)));
    this.#cells.slice(1).forEach(([key], row) => key.append(html`<span class="disc number" aria-hidden="true">${row + 1}</span>`));
    this.#at = [Math.min(this.#at[0], rows.length - 1), 0];
    this.#stop(this.#at[0], this.#at[1]);
    this.#paint(data);
  }

  /** The condition that is pointed at, here or elsewhere; −1 for none. @param {number} row */
  set pointed(row) {
    this.#pointed = row;
    this.#cells.forEach((cells, at) => at > 0 && cells.forEach((cell) => cell.classList.toggle("pointed", at - 1 === row)));
    for (const spot of this.querySelectorAll(".disc")) spot.classList.toggle("pointed", spot.textContent === String(row + 1));
    const box = row >= 0 ? this.#data?.regions[row] : undefined;
    this.toggleAttribute("data-outlined", Boolean(box));
    if (!box || !this.#data) return;
    const [top, left, bottom, right] = box;
    const { width, height } = this.#data;
    const sides = { "--top": top / height, "--left": left / width, "--height": (bottom - top + 1) / height, "--width": (right - left + 1) / width };
    for (const [name, value] of Object.entries(sides)) this.style.setProperty(name, String(value));
  }

  /** @param {string} title @param {[number, number]} sides @param {string} [mark] */
  #cell(title, [width, height], mark) {
    const cell = html`<div class="cell" role="gridcell"><button type="button" class="face" tabindex="-1" aria-label="${title}" title="${title}"><canvas></canvas></button>
      <span class="mark" aria-hidden="true" ?hidden=${!mark}>${mark}</span>
      <button type="button" class="more" tabindex="-1" aria-label="Menu of ${title}" aria-haspopup="menu">⋯</button></div>`;
    cell.classList.toggle("marked", Boolean(mark));
    cell.style.setProperty("--ratio", `${width} / ${height}`);
    cell.classList.toggle("tall", height > width);
    return cell;
  }

  /** @param {Data} data */
  async #paint(data) {
    const sheet = new Image();
    sheet.src = data.sheet;
    await sheet.decode().catch(() => {});
    if (data !== this.#data || !sheet.naturalWidth) return;
    const { columns, tile, width, height, regions } = data;
    const scale = tile / Math.max(width, height);
    const whole = /** @type {Box} */ ([0, 0, height - 1, width - 1]);
    this.#cells.forEach((cells, row) => cells.forEach((cell, column) => {
      const [top, left, bottom, right] = row ? regions[row - 1] : whole;
      const x = (column % columns) * tile + (tile - width * scale) / 2 + left * scale;
      const y = Math.floor(column / columns) * tile + (tile - height * scale) / 2 + top * scale;
      const sides = [(right - left + 1) * scale, (bottom - top + 1) * scale];
      const canvas = /** @type {HTMLCanvasElement} */ (cell.querySelector("canvas"));
      [canvas.width, canvas.height] = sides.map((side) => Math.max(1, Math.round(side)));
      canvas.getContext("2d")?.drawImage(sheet, x, y, sides[0], sides[1], 0, 0, canvas.width, canvas.height);
    }));
    this.dispatchEvent(new Event("painted"));
  }

  /** Row −1 is the picture itself. @param {EventTarget | null} target @returns {[number, number] | null} */
  #where(target) {
    const cell = target instanceof Element ? target.closest(".cell") : null;
    for (const [row, cells] of this.#cells.entries()) {
      const column = cells.indexOf(/** @type {HTMLElement} */ (cell));
      if (column >= 0) return [row - 1, column];
    }
    return null;
  }

  /** @param {EventTarget | null} target */
  #act(target) {
    const found = this.#where(target);
    if (!found || !(target instanceof Element && target.closest(".face"))) return;
    const [row, column] = found;
    this.dispatchEvent(new CustomEvent(row < 0 ? "open" : "ask", { detail: { row, column } }));
  }

  /** @param {EventTarget | null} target */
  #enter(target) {
    const found = this.#where(target);
    if (!found) return;
    this.#stop(found[0] + 1, found[1]);
    this.#point(found[0]);
  }

  /** @param {number} row */
  #point(row) {
    if (row === this.#pointed) return;
    this.pointed = row;
    this.dispatchEvent(new CustomEvent("point", { detail: { row } }));
  }

  /** The one cell that Tab leads to. @param {number} row @param {number} column */
  #stop(row, column) {
    for (const face of /** @type {NodeListOf<HTMLElement>} */ (this.querySelectorAll(".face[tabindex='0']"))) face.tabIndex = -1;
    const face = this.#cells[row]?.[column]?.firstElementChild;
    if (face instanceof HTMLElement) face.tabIndex = 0;
    this.#at = [row, column];
  }

  /** @param {KeyboardEvent} event */
  #key = (event) => {
    const [row, column] = this.#at;
    const last = (this.#cells[0]?.length ?? 1) - 1;
    const to = {
      ArrowLeft: [row, column - 1], ArrowRight: [row, column + 1], ArrowUp: [row - 1, column], ArrowDown: [row + 1, column],
      Home: [event.ctrlKey ? 0 : row, 0], End: [event.ctrlKey ? this.#cells.length - 1 : row, last],
    }[event.key];
    if (!to) return;
    event.preventDefault();
    const face = this.#cells[to[0]]?.[to[1]]?.firstElementChild;
    if (face instanceof HTMLElement) face.focus();
  };
}

/** @param {number} row @param {number} x @param {number} y shares of the picture */
function disc(row, x, y) {
  const spot = html`<span class="disc" aria-hidden="true">${row + 1}</span>`;
  spot.style.left = `${100 * x}%`;
  spot.style.top = `${100 * y}%`;
  return spot;
}

customElements.define("rule-grid", RuleGrid);
