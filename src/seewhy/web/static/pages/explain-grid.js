// @ts-check
/** The grid of an Explain screen: a column for each method, a row for each class; one cross-hair and common scales. */

import { html } from "../html.js";
import { ColourLegend, signed } from "../elements/colour-legend.js";
import { percent } from "../elements/probability-bars.js";
import { showAgreement } from "./explain-agreement.js";
import { ExplainCell } from "./explain-cell.js";
import { titles } from "./explain-words.js";
import { nameTarget, PLAIN, writeTarget } from "./explain-state.js";

/** @typedef {import("./explain-state.js").Question} Question */
/** @typedef {import("./explain-state.js").Target} Target */
/** @typedef {import("../api.js").Method} Method */
/** @typedef {{ model: string, labels: string[], methods: Method[], shares: number[] }} Known */

export const MOST = 24; // cells that start by themselves
const HINT = "Point at a map, or focus it and use the arrow keys, to read the values there in all maps.";
const NARROWEST = 118; // px of a map, before the grid becomes a stack

/** Events: "chosen" {column}, "settled", "drop-method" {column}, "drop-class" {row}, "probe" from the maps. */
export class ExplainGrid extends HTMLElement {
  /** Set by who makes it. @type {import("../app.js").App} */
  app = /** @type {any} */ (null);
  /** What the ⋯ of a cell offers. @type {(cell: ExplainCell) => Promise<import("../elements/share-menu.js").MenuItem[]>} */
  menuItems = async () => [];
  /** @type {Map<string, ExplainCell>} */
  #cells = new Map();
  /** @type {ExplainCell[][]} rows of cells */
  #rows = [];
  #view = PLAIN;
  #bare = false;
  #chosen = 0;
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
    this.addEventListener("chosen", (event) => event.target instanceof ExplainCell && this.#choose(this.#columnOf(event.target)));
    this.addEventListener("remove", (event) => event.target instanceof ExplainCell && this.#say("drop-method", { column: this.#columnOf(event.target) }));
  }

  disconnectedCallback() {
    this.#sized.disconnect();
  }

  get cells() {
    return this.#rows.flat();
  }

  /** The cell that settings, menus and shortcuts mean. */
  get active() {
    const row = this.#rows.find((cells) => cells.some((cell) => cell.contains(document.activeElement))) ?? this.#rows[0];
    return row?.[this.#chosen] ?? null;
  }

  get chosen() {
    return this.#chosen;
  }

  set chosen(column) {
    this.#chosen = column;
    for (const [at, head] of [...this.#table.querySelectorAll(".head")].entries()) head.classList.toggle("chosen", at === column);
    for (const [at, head] of [...this.#table.querySelectorAll(".head > button")].entries()) head.setAttribute("aria-pressed", String(at === column));
    for (const row of this.#rows) for (const [at, cell] of row.entries()) cell.classList.toggle("chosen", at === column);
  }

  /** @param {Question} question @param {Target[]} targets @param {Known} known @param {HTMLElement} corner */
  show({ image, recipes, view }, targets, { model, labels, methods, shares }, corner) {
    const named = titles(recipes, methods);
    const old = this.#cells;
    this.#cells = new Map();
    this.#columns = recipes.length;
    this.#rows = targets.map((target, row) => recipes.map(({ method, settings }, column) => {
      const nth = recipes.slice(0, column).filter((before) => before.method === method).length;
      const key = `${model} ${method} ${nth} ${writeTarget(target)}`;
      const cell = old.get(key) ?? this.#cell();
      this.#cells.set(key, cell);
      const asked = target.versus === null ? target.class : { class: target.class, versus: target.versus };
      const first = row * recipes.length + column < MOST;
      cell.ask({ title: named[column], row: nameTarget(target, labels), task: { model, image, method, settings, target: asked } }, first);
      return cell;
    }));
    for (const [key, cell] of old) if (!this.#cells.has(key)) cell.cancel();
    this.#build(targets, recipes.map(({ method }, at) => ({ name: method, title: named[at] })), { model, labels, methods, shares }, corner);
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
    for (const [x, legend] of [...this.#table.querySelectorAll(".column-legend")].entries()) this.#legend(legend, this.#rows.map((row) => row[x]), this.#scale(x, 0));
    for (const [y, legend] of [...this.#table.querySelectorAll(".row-legend")].entries()) this.#legend(legend, this.#rows[y], this.#scale(0, y));
    const all = this.#table.querySelector(".all-legend");
    if (all) this.#legend(all, this.cells, this.#scale(0, 0));
    this.#showMore();
    showAgreement(this.#agreement, this.#rows);
  }

  leave() {
    for (const cell of this.cells) cell.forget();
  }

  /** @param {number} x @param {number} y */
  #scale(x, y) {
    const { lock } = this.#view;
    const group = { col: this.#rows.map((row) => row[x]), row: this.#rows[y], all: this.cells, off: [this.#rows[y]?.[x]] }[lock] ?? [];
    return Math.max(...group.map((cell) => cell?.result?.scale ?? 0)) || 1;
  }

  /** @param {Element} place @param {ExplainCell[]} cells @param {number} scale */
  #legend(place, cells, scale) {
    const done = cells.filter(({ result }) => result);
    const signed = done.length === 0 || done.some(({ result }) => result?.signed);
    /** @type {ColourLegend} */ (place.firstElementChild).data = done.length ? { scale: scale / this.#view.strength, signed } : null;
  }

  #cell() {
    const cell = new ExplainCell();
    cell.app = this.app;
    cell.menuItems = () => this.menuItems(cell);
    return cell;
  }

  /** @param {Target[]} targets @param {{ name: string, title: string }[]} columns @param {Known} known @param {HTMLElement} corner */
  #build(targets, columns, { labels, methods, shares }, corner) {
    const needs = (/** @type {Method | undefined} */ method) => (method ? html`<span class="chip">needs ${tag(method.needs)}</span>` : "");
    const head = (/** @type {{ name: string, title: string }} */ { name, title }, /** @type {number} */ column) => html`<div class="head" role="columnheader"><button type="button" class="quiet" @click=${() => this.#choose(column)} title="Settings">${title}</button>
        ${needs(methods.find((one) => one.name === name))}<button type="button" class="quiet drop" aria-label="Remove ${title}" ?hidden=${columns.length < 2} @click=${() => this.#say("drop-method", { column })}>×</button></div>`;
    const side = (/** @type {Target} */ target, /** @type {number} */ row) => html`<div class="side" role="rowheader"><p>Why <b>${labels[target.class]}</b>${target.versus !== null && html`<span> rather than <b>${labels[target.versus]}</b></span>`}?</p>
      <span class="small dim">${shareOf(shares, target)}</span>
      <button type="button" class="quiet drop" aria-label="Remove class ${nameTarget(target, labels)}" ?hidden=${targets.length < 2} @click=${() => this.#say("drop-class", { row })}>×</button></div>`;
    const legend = (/** @type {string} */ name) => html`<div class="${name}" role="cell"><colour-legend></colour-legend></div>`;
    corner.setAttribute("role", "cell");
    const held = this.#table.contains(document.activeElement);
    this.#table.replaceChildren(
      html`<div class="line heads" role="row">${corner}${columns.map(head)}</div>`,
      ...targets.map((target, row) => html`<div class="line" role="row">${side(target, row)}${this.#rows[row]}${legend("row-legend")}</div>`),
      html`<div class="line foot" role="row"><span role="cell"></span>${columns.map(() => legend("column-legend"))}</div>`,
      html`<div class="line" role="row">${legend("all-legend")}</div>`,
    );
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

/** @param {string[]} needs */
export const tag = (needs) => (needs.includes("layers") ? "layers" : needs.includes("gradients") ? "gradients" : "scores only");

/** @param {number[]} shares @param {Target} target */
function shareOf(shares, { class: one, versus }) {
  if (!shares.length) return "";
  return versus === null ? percent(shares[one]) : `${percent(shares[one])} against ${percent(shares[versus])}`;
}

customElements.define("explain-grid", ExplainGrid);
