// @ts-check
/** The grid of an Explain screen: a column for each recipe, a row for each class of each model; one cross-hair and common scales. */

import { html } from "../html.js";
import { ColourLegend, signed } from "../elements/colour-legend.js";
import { showAgreement } from "./explain-agreement.js";
import { ExplainCell } from "./explain-cell.js";
import { plan } from "./explain-plan.js";
import { lines } from "./explain-table.js";
import { PLAIN } from "./explain-state.js";

/** @typedef {import("./explain-state.js").Question} Question */

export const MOST = 24; // cells that start by themselves
const HINT = "Point at a map, or focus it and use the arrow keys, to read the values there in all maps.";
const NARROWEST = 118; // px of a map, before the grid becomes a stack

/** Events: "column" {column}, "active" when another cell is meant, "settled", "drop-method" {column}, "drop-class" {row}, "drop-model" {model}, "probe" from the maps. */
export class ExplainGrid extends HTMLElement {
  /** Set by who makes it. @type {import("../app.js").App} */
  app = /** @type {any} */ (null);
  /** What the ⋯ of a cell offers. @type {(cell: ExplainCell) => Promise<import("../elements/share-menu.js").MenuItem[]>} */
  menuItems = async () => [];
  /** @type {Map<string, ExplainCell>} */
  #cells = new Map();
  /** @type {ExplainCell[][]} rows of cells */
  #rows = [];
  /** Which model's part each row belongs to. @type {number[]} */
  #parts = [];
  #view = PLAIN;
  #bare = false;
  #chosen = 0;
  #row = 0;
  #columns = 1;
  #table = html`<div class="table" role="table" aria-label="Explanations: a column for each method, a row for each class"></div>`;
  #more = html`<p class="row more" hidden><span class="small"></span><button type="button" @click=${() => this.#runAll()}></button></p>`;
  #where = html`<p class="where small dim">${HINT}</p>`;
  #agreement = html`<div class="agreement small dim" hidden></div>`;
  #sized = new ResizeObserver(() => this.#layOut());

  connectedCallback() {
    if (!this.#table.isConnected) this.append(this.#table, this.#more, this.#where, this.#agreement);
    this.#sized.observe(this);
    this.addEventListener("probe", (event) => this.#probe(/** @type {CustomEvent} */ (event).detail));
    this.addEventListener("settled", () => this.look());
    this.addEventListener("chosen", (event) => event.target instanceof ExplainCell && this.#attend(event.target));
    this.addEventListener("focusin", ({ target }) => {
      const cell = target instanceof Element && target.closest("explain-cell");
      if (cell instanceof ExplainCell) this.#attend(cell);
    });
    this.addEventListener("remove", (event) => event.target instanceof ExplainCell && this.#say("drop-method", { column: this.#columnOf(event.target) }));
  }

  disconnectedCallback() {
    this.#sized.disconnect();
  }

  get cells() {
    return this.#rows.flat();
  }

  /** The cell that settings, menus, steps and shortcuts mean: the one somebody attended to last. */
  get active() {
    return (this.#rows[this.#row] ?? this.#rows[0])?.[this.#chosen] ?? null;
  }

  get chosen() {
    return this.#chosen;
  }

  set chosen(column) {
    this.#chosen = column;
    this.#mark();
    for (const [at, head] of [...this.#table.querySelectorAll(".head")].entries()) head.classList.toggle("chosen", at === column);
    for (const [at, head] of [...this.#table.querySelectorAll(".head > button")].entries()) head.setAttribute("aria-pressed", String(at === column));
  }

  #mark() {
    for (const cell of this.cells) cell.classList.toggle("active", cell === this.active && this.cells.length > 1);
  }

  /** @param {Question} question @param {import("./explain-plan.js").Sight[]} sights @param {HTMLElement} corner */
  show(question, sights, corner) {
    const { recipes, view } = question;
    const parts = plan(question, sights);
    const old = this.#cells;
    this.#cells = new Map();
    this.#columns = recipes.length;
    this.#parts = parts.flatMap(({ rows }, part) => rows.map(() => part));
    this.#rows = parts.flatMap(({ sight, rows }) => rows.map(({ asked }) => asked.map((one, column) => {
      const nth = recipes.slice(0, column).filter(({ method }) => method === recipes[column].method).length;
      const key = `${sight.model.name} ${recipes[column].method} ${nth} ${one.row}`;
      const cell = old.get(key) ?? this.#cell();
      this.#cells.set(key, cell);
      cell.ask(one, this.#cells.size <= MOST);
      return cell;
    })));
    for (const [key, cell] of old) if (!this.#cells.has(key)) cell.cancel();
    this.#build(lines(parts, recipes, this.#rows, corner, { choose: (column) => this.#choose(column), say: (type, detail) => this.#say(type, detail) }));
    this.chosen = Math.min(this.#chosen, recipes.length - 1);
    this.look(view);
    this.#layOut();
  }

  /** Draws all maps with the view, and scales that those which belong together share. @param {import("./explain-state.js").View} [view] @param {boolean} [bare] */
  look(view = this.#view, bare = this.#bare) {
    this.#view = view;
    this.#bare = bare;
    this.dataset.lock = view.lock;
    for (const [y, row] of this.#rows.entries()) for (const [x, cell] of row.entries()) cell.look(this.#scale(x, y), view, bare);
    for (const [at, legend] of [...this.#table.querySelectorAll(".column-legend")].entries()) {
      const [x, y] = [at % this.#columns, this.#parts.indexOf(Math.floor(at / this.#columns))];
      this.#legend(legend, this.#group(x, y, "col"), this.#scale(x, y));
    }
    for (const [y, legend] of [...this.#table.querySelectorAll(".row-legend")].entries()) this.#legend(legend, this.#rows[y], this.#scale(0, y));
    const all = this.#table.querySelector(".all-legend");
    if (all) this.#legend(all, this.cells, this.#scale(0, 0));
    this.#showMore();
    showAgreement(this.#agreement, this.#rows);
  }

  leave() {
    for (const cell of this.cells) cell.forget();
  }

  /** The cells that share a scale with one: different models score in different units. @param {number} x @param {number} y @param {string} lock */
  #group(x, y, lock) {
    if (lock === "all") return this.cells;
    if (lock === "row") return this.#rows[y] ?? [];
    return lock === "off" ? [this.#rows[y]?.[x]] : this.#rows.filter((_, row) => this.#parts[row] === this.#parts[y]).map((row) => row[x]);
  }

  /** @param {number} x @param {number} y */
  #scale(x, y) {
    return Math.max(...this.#group(x, y, this.#view.lock).map((cell) => cell?.result?.scale ?? 0)) || 1;
  }

  /** @param {Element} place @param {ExplainCell[]} cells @param {number} scale */
  #legend(place, cells, scale) {
    const done = cells.filter(({ result }) => result?.scale);
    const signed = done.length === 0 || done.some(({ result }) => result?.signed);
    /** @type {ColourLegend} */ (place.firstElementChild).data = done.length ? { scale: scale / this.#view.strength, signed } : null;
  }

  #cell() {
    const cell = new ExplainCell();
    cell.app = this.app;
    cell.menuItems = () => this.menuItems(cell);
    return cell;
  }

  /** @param {HTMLElement[]} lines */
  #build(lines) {
    const held = this.#table.contains(document.activeElement);
    this.#table.replaceChildren(...lines);
    if (held) [...this.#table.querySelectorAll("button")].find((button) => button.checkVisibility())?.focus(); // what had the focus may be gone
  }

  /** A table while each map has room, else a stack of rows. */
  #layOut() {
    const room = (this.clientWidth - 92) / this.#columns;
    this.dataset.layout = room >= NARROWEST + 8 ? "table" : "stack";
    this.#table.style.setProperty("--columns", String(this.#columns));
  }

  /** @param {ExplainCell} cell */
  #columnOf(cell) {
    return Math.max(0, ...this.#rows.map((row) => row.indexOf(cell)));
  }

  /** @param {ExplainCell} cell */
  #attend(cell) {
    const before = this.active;
    this.#row = Math.max(0, this.#rows.findIndex((row) => row.includes(cell)));
    this.#choose(this.#columnOf(cell));
    this.#mark();
    if (this.active !== before) this.dispatchEvent(new CustomEvent("active"));
  }

  /** @param {number} column */
  #choose(column) {
    if (column === this.#chosen) return;
    this.chosen = column;
    this.#say("column", { column });
  }

  #runAll() {
    for (const cell of this.cells) if (cell.state === "idle") cell.start();
    this.#showMore();
  }

  #showMore() {
    const idle = this.cells.filter(({ state }) => state === "idle").length;
    this.#more.hidden = idle === 0;
    const [words, button] = this.#more.children;
    words.textContent = `${idle} of ${this.cells.length} explanations were not started.`;
    button.textContent = `Run all ${this.cells.length}`;
  }

  /** @param {{ x: number, y: number } | null} at */
  #probe(at) {
    for (const cell of this.cells) cell.crosshair = at;
    const brightness = at && this.cells.find(({ map }) => map)?.map;
    const ink = brightness ? ` · picture ${signed(brightness.image.pixels[at.y * brightness.width + at.x], 2).replace("+", "")}` : "";
    this.#where.textContent = at ? `row ${at.y + 1}, column ${at.x + 1}${ink}` : HINT;
  }

  /** @param {string} type @param {Record<string, number>} detail */
  #say(type, detail) {
    this.dispatchEvent(new CustomEvent(type, { detail }));
  }
}

customElements.define("explain-grid", ExplainGrid);
