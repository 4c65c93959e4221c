// @ts-check
/** The Explain screen: one picture, any methods, any classes, any models, side by side. */

import { find, html, on } from "../html.js";
import { ImagePicker, watchPictures } from "../elements/image-picker.js";
import { watchMenu } from "../elements/pop-menu.js";
import { ProbabilityBars } from "../elements/probability-bars.js";
import { ExplainFolds } from "./explain-folds.js";
import { ExplainGrid } from "./explain-grid.js";
import { ExplainHead } from "./explain-head.js";
import { shortcuts } from "./explain-keys.js";
import { ExplainPanel } from "./explain-panel.js";
import { showPins, togglePin } from "./explain-pins.js";
import { look } from "./explain-guess.js";
import { fill, hasNeighbours, neighbour } from "./explain-samples.js";
import { facts, heard, name, seconds } from "./explain-words.js";
import { PLAIN, readQuestion, writeQuestion } from "./explain-state.js";

/** @typedef {import("./explain-state.js").Question} Question */

export default class ExplainPage extends HTMLElement {
  static title = "Explain";
  static styles = ["explain.css", "doctor.css"];
  /** Set by the shell before anything else. @type {import("../app.js").App} */
  app = /** @type {any} */ (null);

  #model = "";
  /** @type {import("../api.js").Method[]} */
  #methods = [];
  /** @type {import("../api.js").Layer[]} */
  #layers = [];
  /** @type {Question} */
  #question = { image: "", recipes: [], targets: null, models: [], view: PLAIN };
  /** What the models make of it, the one in use first. @type {import("./explain-plan.js").Sight[]} */
  #sights = [];
  #turn = 0;
  /** @type {Promise<void> | null} */
  #filled = null;
  #picture = /** @type {HTMLImageElement} */ (html`<img class="picture" alt="">`);
  #corner = html`<div class="corner"><button type="button" class="own quiet" aria-haspopup="menu">${this.#picture}</button></div>`;
  #body = html`<div class="explain">
    <explain-head></explain-head>
    <p class="note trouble" role="alert"></p>
    <image-picker class="card start" hidden></image-picker>
    <div class="work" hidden>
      <section class="card maps" aria-label="Explanations"><explain-grid></explain-grid>
        <explain-folds></explain-folds></section>
      <div class="aside"><explain-panel></explain-panel>
        <section class="card" aria-labelledby="guess-title"><h2 id="guess-title">What it sees</h2><probability-bars></probability-bars>
          <p class="small dim">Choose a class to ask why it is that one.</p></section></div>
    </div>
  </div>`;

  connectedCallback() {
    if (this.#body.isConnected) return;
    this.append(this.#body);
    const { head, grid, panel } = this;
    Object.assign(grid, { app: this.app, menuItems: this.#cellItems });
    on(grid, "column", () => this.#showSettings());
    on(grid, "settled", () => this.#settled());
    grid.addEventListener("pin", ({ target }) => togglePin(this.app, /** @type {import("./explain-cell.js").ExplainCell} */ (target)));
    grid.addEventListener("settled", this.#pins, true);
    this.app.state.addEventListener("change", this.#pins);
    on(grid, "drop-method", ({ column }) => this.#choose({ recipes: this.#question.recipes.filter((_, at) => at !== column) }));
    on(grid, "drop-class", ({ row }) => this.#choose({ targets: this.#targets.filter((_, at) => at !== row) }));
    on(grid, "drop-model", ({ model }) => this.#choose({ models: this.#question.models.filter((_, at) => at !== model) }));
    on(panel, "view", ({ view }) => this.#look(view));
    on(panel, "column", ({ column }) => ((grid.chosen = column), this.#showSettings()));
    on(panel, "settings", ({ settings }) => this.#choose({ recipes: this.#question.recipes.map((recipe, at) => (at === grid.chosen ? { ...recipe, settings } : recipe)) }));
    on(find(this, "probability-bars"), "choose", ({ index }) => this.#choose({ targets: [{ class: index, versus: null }] }));
    on(find(this, ".start"), "pick", (picked) => this.#take(picked));
    on(head, "step", ({ by }) => this.#step(by));
    for (const part of [head, panel]) on(part, "choice", ({ what }) => this.#offer(what));
    on(find(this, "explain-folds"), "unfold", () => this.#unfold());
    for (const type of ["active", "column"]) on(grid, type, () => this.#unfold());
    watchMenu(this, ".corner .own, .start .tiles button", (place, { dataset }) => this.#pictureMenu(place, dataset.address));
    find(this.#corner, ".own").addEventListener("click", ({ currentTarget }) => this.#pictureMenu({ anchor: /** @type {HTMLElement} */ (currentTarget) }));
    watchPictures(this, (blob) => this.#take({ blob }));
  }

  leave() {
    this.grid.leave();
    this.app.state.removeEventListener("change", this.#pins);
  }

  #pins = () => showPins(this.app, this.grid.cells);

  get head() { return find(this, "explain-head", ExplainHead); }
  get grid() { return find(this, "explain-grid", ExplainGrid); }
  get panel() { return find(this, "explain-panel", ExplainPanel); }
  get #labels() { return this.app.model?.labels ?? []; }
  get #seen() { return this.#sights[0]?.seen ?? null; }
  get #targets() { return this.#question.targets ?? (this.#seen ? [{ class: this.#seen.top.index, versus: null }] : []); }
  /** Where other screens find this picture. */
  get image() { return this.#question.image || null; }

  /** What the link says. @param {URLSearchParams} params */
  async show(params) {
    const name = this.app.model?.name ?? "";
    if (name !== this.#model) [this.#methods, this.#layers] = await Promise.all([this.app.api.methods(name), this.app.api.layers(name).catch(() => [])]);
    this.#model = name;
    const { question, corrections } = readQuestion(params, { labels: this.#labels, methods: this.#methods, model: name, models: this.app.models.map((one) => one.name) });
    this.#question = question;
    this.app.corrected(corrections);
    if (corrections.length || (question.image && !params.has("x"))) this.app.replace(writeQuestion(question, this.#methods));
    this.panel.view = question.view;
    await this.#ask();
  }

  /** A choice that changes the result is a new entry in the history. @param {Partial<Question>} choice */
  #choose(choice) {
    Object.assign(this.#question, choice);
    this.app.push(writeQuestion(this.#question, this.#methods));
    return this.#ask();
  }

  /** @param {import("./explain-state.js").View} view */
  #look(view) {
    this.#question.view = view;
    this.panel.view = view;
    this.app.replace(writeQuestion(this.#question, this.#methods));
    this.grid.look(view);
    this.#showHead();
  }

  /** What the model makes of the picture, then why. */
  async #ask() {
    const turn = ++this.#turn;
    const { image } = this.#question;
    if (!image) return this.#start();
    const stale = find(this, ".work").classList;
    stale.add("stale");
    const sights = await look(this.app, [this.#model, ...this.#question.models], image).catch((problem) => problem.message);
    if (turn !== this.#turn) return;
    stale.remove("stale");
    if (typeof sights === "string") return this.#start(sights);
    this.#sights = sights;
    this.#show();
  }

  #show() {
    const { image } = this.#question;
    const { top, shares } = /** @type {import("./explain-guess.js").Seen} */ (this.#seen);
    this.#frame(true);
    this.#picture.src = this.app.api.imageURL(image, 128);
    this.#picture.alt = `The picture: ${name(image)}`;
    find(this.#corner, ".own").ariaLabel = `${this.#picture.alt}: what to do with it`;
    this.#showHead();
    find(this, "probability-bars", ProbabilityBars).data = { labels: this.#labels, probabilities: shares, top: top.index, target: this.#targets[0].class };
    this.grid.show(this.#question, this.#sights, this.#corner);
    this.#showSettings();
    this.#settled();
  }

  #showHead() {
    if (!this.#seen) return;
    const { image } = this.#question;
    const { top, label } = this.#seen;
    const wrong = label !== null && label !== top.label ? `Labelled ${label}, predicted ${top.label}.` : "";
    this.head.data = { title: name(image), facts: facts(top, label, this.#question, this.#targets.length), wrong, tools: true, steps: hasNeighbours(image), models: this.app.models.length > this.#sights.length };
  }

  #showSettings() {
    const { width = 28, height = 28 } = this.app.model?.input ?? {};
    this.panel.settings(this.#question.recipes, this.grid.chosen, this.#methods, this.#layers, Math.min(width, height));
  }

  #settled() {
    if (this.grid.cells.some(({ busy }) => busy)) return;
    const times = this.grid.cells.flatMap(({ state, result }) => (state === "done" && result ? [result.seconds] : []));
    if (times.length && this.#seen) this.app.announce(heard(this.#seen.top, times.length));
    this.app.speed(times.length ? `slowest map ${seconds(Math.max(...times))}` : "");
    this.#unfold();
  }

  /** No picture, or one that cannot be read: where to get another. @param {string} [trouble] */
  async #start(trouble = "") {
    this.#frame(false);
    this.head.data = trouble ? { title: name(this.#question.image), facts: "" } : { title: "Explain a picture", facts: "Any picture, any methods, any classes, side by side." };
    find(this, ".trouble").textContent = trouble;
    await (this.#filled ??= fill(find(this, ".start", ImagePicker), this.app, 6));
  }

  /** @param {boolean} working */
  #frame(working) {
    find(this, ".work").hidden = !working;
    find(this, ".start").hidden = working;
    if (working) find(this, ".trouble").textContent = "";
  }

  /** @param {{ address?: string, blob?: Blob }} picked */
  async #take({ address, blob }) {
    if (blob?.type && !blob.type.startsWith("image/")) return this.app.toast("This is no picture; drop or choose a PNG, JPEG, GIF or WebP file.");
    try {
      await this.#choose({ image: blob ? (await this.app.api.addImage(blob)).address : address, targets: null });
    } catch (problem) { this.app.toast(/** @type {Error} */ (problem).message); }
  }

  /** @param {number} by */
  async #step(by) {
    const image = await neighbour(this.app.api, this.#question.image, by);
    if (image) await this.#choose({ image });
  }

  /** Lets somebody add something. @param {string} what @param {unknown[]} [more] */
  async #offer(what, more = []) {
    const { choices } = await import("./explain-choices.js");
    choices[what]({
      app: this.app, question: this.#question, targets: this.#targets, sights: this.#sights, layers: this.#layers, column: this.grid.chosen,
      choose: (change, column = this.grid.chosen) => ((this.grid.chosen = column), this.#choose(change)), take: (picked) => this.#take(picked),
    }, ...more);
  }

  /** What lies folded under the grid is about the chosen map. */
  #unfold() {
    const { active: cell, cells } = this.grid;
    find(this, "explain-folds", ExplainFolds).show({ app: this.app, methods: this.#methods, cell, cells, columns: (...chosen) => this.#offer("baselines", chosen) });
  }

  /** @param {import("./explain-cell.js").ExplainCell} cell */
  #cellItems = async (cell) => (await import("./explain-menu.js")).cellItems(this.app, cell, this.#question, this.#methods);

  /** @param {import("../elements/pop-menu.js").Place} place @param {string} [address] of another picture than this one */
  async #pictureMenu(place, address) {
    const { pictureMenu } = await import("./explain-menu.js");
    pictureMenu(this.app, place, address ?? this.#question.image, !address);
  }

  async shareItems() {
    const { gridItems } = await import("./explain-menu.js");
    return this.#question.image ? gridItems(this.app, this.grid.cells, this.grid.active, this.#question, `${this.head.data.title}: ${this.head.data.facts}`) : [];
  }

  shortcuts = shortcuts({
    step: (by) => this.#step(by),
    look: (change) => this.#look({ ...this.#question.view, ...change }),
    bare: (on) => this.grid.look(undefined, on),
    addMethod: () => this.#question.image && this.#offer("method"),
    pin: () => togglePin(this.app, this.grid.active),
    stop: () => this.grid.cells.forEach((cell) => cell.cancel()),
    explain: (index) => this.#question.image && this.#choose({ targets: [{ class: index, versus: null }] }),
    view: () => this.#question.view.view,
    labels: () => this.#labels,
  });
}

customElements.define("explain-page", ExplainPage);
