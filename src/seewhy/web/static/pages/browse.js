// @ts-check
/** The Browse screen: the images of a data set by what a model says about them; and what all of them say about the model. Knows the API. */

import { find, html } from "../html.js";
import { ImageGrid } from "../elements/image-grid.js";
import { ModelVerdict } from "../elements/model-verdict.js";
import { openMenu } from "../elements/pop-menu.js";
import { ProgressRing } from "../elements/progress-ring.js";
import { options } from "../options.js";
import { pictureItems } from "../picture-menu.js";
import { below, flag, format, oneOf, read } from "../route.js";
import { BrowseHoles } from "./browse-holes.js";
import { csv, sentence, tile } from "./browse-words.js";

/** @typedef {import("../api.js").Item} Item */
/** @typedef {{ data: string, set: string, view: "gallery" | "audit" | "holes", called: number | null, label: number | null, wrong: boolean, sort: string }} Question */

const PAGE = 200;
const TILE = 56;
const ACROSS = 20;
const SORTS = /** @type {const} */ ([["index", "as they come"], ["score", "least sure first"], ["-score", "surest first"], ["loss", "most wrong first"]]);

export default class BrowsePage extends HTMLElement {
  static title = "Browse";
  static styles = ["pop-menu.css", "because.css", "path.css", "browse.css", "holes.css"];
  /** Set by the shell before anything else. @type {import("../app.js").App} */
  app = /** @type {any} */ (null);

  /** @type {import("../api.js").Dataset[]} */
  #datasets = [];
  /** @type {Question} */
  #asked = { data: "", set: "", view: "gallery", called: null, label: null, wrong: false, sort: "index" };
  /** @type {Item[]} */
  #items = [];
  /** @type {number | null} */
  #next = 0;
  #turn = 0;
  #grid = new ImageGrid();
  #ring = new ProgressRing();
  #verdict = new ModelVerdict();
  #holes = new BrowseHoles();
  #body = html`<div class="browse">
    <div class="masthead"><div class="heading"><h1 tabindex="-1">Browse</h1><p class="facts dim" role="status"></p></div>
      <div class="row tools"><div class="row views" role="group" aria-label="View"><button type="button" data-view="gallery">Gallery</button><button type="button" data-view="audit">Audit</button><button type="button" data-view="holes">Holes</button></div></div></div>
    <div class="row fields card">
      <label>Data <select class="data"></select></label><label>set <select class="set"></select></label>
      <label class="of-gallery">called <select class="called"></select></label><label class="of-gallery">label <select class="label"></select></label>
      <label class="check of-gallery"><input type="checkbox" class="wrong"> only wrong</label><label class="of-gallery">sort <select class="sort"></select></label>
      <button type="button" class="quiet clear" hidden>Clear filters</button></div>
    ${this.#ring}
    <section class="gallery" aria-label="Images">${this.#grid}<p class="empty" hidden></p>
      <div class="row spread"><button type="button" class="further">${PAGE} more</button><div class="row"><button type="button" class="chosen" disabled>Explain the chosen</button><button type="button" class="csv">Export CSV</button></div></div></section>
    <section class="audit" aria-label="Audit" hidden>${this.#verdict}</section>
    <section class="holes" aria-label="Holes" hidden>${this.#holes}</section>
  </div>`;

  connectedCallback() {
    if (this.#body.isConnected) return;
    this.append(this.#body);
    this.#ring.hidden = true;
    this.#grid.selectable = true;
    const changes = /** @type {[string, (value: string) => Partial<Question>][]} */ ([
      [".data", (value) => ({ data: value, set: "", called: null, label: null })], [".set", (value) => ({ set: value })], [".sort", (value) => ({ sort: value })],
      [".called", (value) => ({ called: value === "" ? null : Number(value) })], [".label", (value) => ({ label: value === "" ? null : Number(value) })],
    ]);
    for (const [name, change] of changes) find(this, `select${name}`, HTMLSelectElement).addEventListener("change", ({ target }) => this.#ask(change(/** @type {HTMLSelectElement} */ (target).value)));
    find(this, ".wrong", HTMLInputElement).addEventListener("change", ({ target }) => this.#ask({ wrong: /** @type {HTMLInputElement} */ (target).checked }));
    for (const button of /** @type {NodeListOf<HTMLButtonElement>} */ (this.querySelectorAll("[data-view]"))) button.addEventListener("click", () => this.#ask({ view: /** @type {any} */ (button.dataset.view) }));
    find(this, ".clear").addEventListener("click", () => this.#ask({ called: null, label: null, wrong: false }));
    find(this, ".further").addEventListener("click", () => this.#more());
    find(this, ".csv").addEventListener("click", () => this.#export());
    find(this, ".chosen").addEventListener("click", () => this.#explain(this.#grid.selected[0]));
    this.#grid.addEventListener("open", (event) => this.#explain(/** @type {CustomEvent} */ (event).detail.key));
    this.#grid.addEventListener("menu", (event) => this.#menu(/** @type {CustomEvent} */ (event).detail));
    this.#grid.addEventListener("select", () => this.#choice());
    this.#verdict.addEventListener("pick", (event) => {
      const { label, predicted } = /** @type {CustomEvent} */ (event).detail;
      this.#ask({ view: "gallery", label, called: predicted, wrong: false });
    });
  }

  /** @param {URLSearchParams} params */
  async show(params) {
    this.#datasets = this.#datasets.length ? this.#datasets : await this.app.api.datasets();
    const labels = this.app.model?.labels ?? [];
    params.delete("img");
    const { values, corrections } = read(params, {
      data: oneOf(this.#datasets.map(({ name }) => name)), set: (raw) => raw, view: oneOf(["gallery", "audit", "holes"]), called: below(labels.length), label: below(labels.length), wrong: flag,
      sort: oneOf(SORTS.map(([name]) => name)),
    });
    const mine = this.app.model?.datasets ?? [];
    const usable = this.#datasets.filter(({ available }) => available).map(({ name }) => name);
    const data = values.data ?? mine.find((name) => usable.includes(name)) ?? usable[0] ?? "";
    const sets = Object.keys(this.#datasets.find(({ name }) => name === data)?.splits ?? {});
    const set = sets.includes(values.set) ? values.set : sets.at(-1) ?? "";
    if (values.set && set !== values.set) corrections.push(`${data} has no set “${values.set}”`);
    this.app.corrected(corrections);
    this.#asked = { data, set, view: values.view ?? "gallery", called: values.called ?? null, label: values.label ?? null, wrong: values.wrong ?? false, sort: values.sort ?? "index" };
    this.#fields();
    await this.#load();
  }

  /** @param {Partial<Question>} change */
  #ask(change) {
    const asked = { ...this.#asked, ...change };
    if (!asked.set) asked.set = Object.keys(this.#datasets.find(({ name }) => name === asked.data)?.splits ?? {}).at(-1) ?? "";
    const { data, set, view, called, label, wrong, sort } = asked;
    this.app.navigate(format("browse", { model: this.app.model?.name, data, set, view: view === "gallery" ? null : view, called, label, wrong, sort: sort === "index" ? null : sort }));
  }

  #fields() {
    const { data, set, view, called, label, wrong, sort } = this.#asked;
    const labels = (this.app.model?.labels ?? []).map((name, index) => /** @type {[string, string]} */ ([String(index), name]));
    const select = (/** @type {string} */ name) => find(this, `select${name}`, HTMLSelectElement);
    options(select(".data"), this.#datasets.map(({ name, title, available }) => [name, available ? title : `${title} (downloads)`]), data);
    options(select(".set"), Object.keys(this.#datasets.find(({ name }) => name === data)?.splits ?? {}).map((name) => [name, name]), set);
    options(select(".called"), [["", "any"], ...labels], called === null ? "" : String(called));
    options(select(".label"), [["", "any"], ...labels], label === null ? "" : String(label));
    options(select(".sort"), SORTS.map(([name, words]) => [name, words]), sort);
    find(this, ".wrong", HTMLInputElement).checked = wrong;
    for (const button of this.querySelectorAll("[data-view]")) button.setAttribute("aria-pressed", String(button.getAttribute("data-view") === view));
    for (const part of this.querySelectorAll(".of-gallery, .gallery")) /** @type {HTMLElement} */ (part).hidden = view !== "gallery";
    for (const name of ["audit", "holes"]) find(this, `section.${name}`).hidden = view !== name;
    find(this, ".fields").hidden = view === "holes";
    find(this, ".clear").hidden = view !== "gallery" || (called === null && label === null && !wrong);
  }

  async #load() {
    const turn = ++this.#turn;
    const { data, set, view } = this.#asked;
    if (view === "holes") return this.#show();
    this.classList.add("stale");
    try {
      const run = await this.app.api.perform(/** @type {any} */ ({ kind: "predictions", model: this.app.model?.name, data, split: set }), {
        progress: (now) => turn === this.#turn && ((this.#ring.hidden = false), (this.#ring.data = now)),
      });
      if (turn !== this.#turn) return;
      const facts = /** @type {any} */ (run.result);
      if (view === "audit") {
        this.#verdict.data = { facts, labels: this.app.model?.labels ?? [] };
        this.#say(sentence(facts, data, set));
        return;
      }
      [this.#items, this.#next] = [[], 0];
      this.#grid.selected = [];
      await this.#more(turn);
    } catch (problem) {
      if (turn === this.#turn) this.#empty(/** @type {Error} */ (problem).message);
    } finally {
      if (turn === this.#turn) {
        this.#ring.hidden = true;
        this.classList.remove("stale");
      }
    }
  }

  /** The holes, which belong to no data set. */
  async #show() {
    this.classList.remove("stale");
    this.#ring.hidden = true;
    this.#say("");
    this.#holes.app = this.app;
    await this.#holes.show();
  }

  async #more(turn = this.#turn) {
    const { data, set, called, label, wrong, sort } = this.#asked;
    const wish = { model: this.app.model?.name, predicted: called ?? undefined, label: label ?? undefined, correct: wrong ? false : undefined, sort, limit: PAGE, cursor: this.#next ?? 0 };
    const page = await this.app.api.items(data, set, wish);
    if (turn !== this.#turn) return;
    this.#items.push(...page.items);
    this.#next = page.next_cursor;
    const sheet = this.app.api.spriteURL(this.#items.map(({ address }) => address), TILE, ACROSS, this.app.model?.name);
    this.#grid.data = { tiles: this.#items.map(tile), sheet, columns: Math.min(ACROSS, this.#items.length), label: `Images of ${data}, ${set}` };
    find(this, ".further").hidden = this.#next === null;
    for (const name of [".csv", ".chosen"]) find(this, name).hidden = !this.#items.length;
    const bad = this.#items.filter(({ correct }) => correct === false).length;
    this.#say(page.total ? `${this.#items.length.toLocaleString()} of ${page.total.toLocaleString()} images, ${bad} of them wrong` : "");
    this.#empty(page.total ? "" : this.#nothing());
    this.#choice();
  }

  #nothing() {
    const { set, called, wrong } = this.#asked;
    const name = called === null ? "" : ` is called “${this.app.model?.labels[called]}”`;
    return `No image${name || " fits"}${wrong ? (name ? " wrongly" : ": none is wrong") : ""} in ${set}. Clear the filters, or choose another class.`;
  }

  #choice() {
    const button = find(this, ".chosen", HTMLButtonElement);
    const count = this.#grid.selected.length;
    button.disabled = !count;
    button.textContent = count > 1 ? `Explain the first of ${count} chosen` : "Explain the chosen";
  }

  /** @param {string} text */
  #say(text) {
    find(this, ".facts").textContent = text;
  }

  /** @param {string} text */
  #empty(text) {
    const empty = find(this, ".empty");
    empty.hidden = !text;
    empty.textContent = text;
    this.#grid.hidden = Boolean(text);
  }

  /** @param {string | undefined} address */
  #explain(address) {
    if (address) this.app.navigate(format("explain", { model: this.app.model?.name, img: address }));
  }

  /** @param {{ key: string, place: import("../elements/pop-menu.js").Place }} wish */
  #menu({ key, place }) {
    const item = this.#items.find(({ address }) => address === key);
    if (item) openMenu(place, pictureItems(this.app, key, { title: key }), `Menu of ${key}`);
  }

  #export() {
    const { data, set } = this.#asked;
    const file = new Blob([csv(this.#items)], { type: "text/csv" });
    const link = Object.assign(document.createElement("a"), { href: URL.createObjectURL(file), download: `seewhy-${data}-${set}.csv` });
    link.click();
    URL.revokeObjectURL(link.href);
  }
}

customElements.define("browse-page", BrowsePage);
