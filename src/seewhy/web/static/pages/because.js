// @ts-check
/** The Because screen: a picture, the rule that decides it, what each condition looks at, and why that condition holds, down to the pixels. */

import { find, html } from "../html.js";
import { LayerStrip } from "../elements/layer-strip.js";
import { RuleGrid } from "../elements/rule-grid.js";
import { RulePanel } from "../elements/rule-panel.js";
import { SettingsForm } from "../elements/settings-form.js";
import { BecauseDeeper } from "./because-deeper.js";
import { BecausePick } from "./because-pick.js";
import { BecauseSelected } from "./because-selected.js";
import { walk } from "./because-path.js";
import { gridData, shownBeside } from "./because-shown.js";
import { wire } from "./because-wiring.js";
import { Setup } from "./because-setup.js";
import { BecauseTrail } from "./because-trail.js";
import { PLAIN, readQuestion, writeQuestion } from "./because-state.js";
import { body } from "./because-body.js";
import { summary } from "../rule-words.js";

/** @typedef {import("./because-state.js").Question} Question */
/** @typedef {import("./because-path.js").Found} Found */

export default class BecausePage extends HTMLElement {
  static title = "Because";
  static styles = ["explain.css", "because.css"];
  /** Set by the shell before anything else. @type {import("../app.js").App} */
  app = /** @type {any} */ (null);

  #model = "";
  #setup = new Setup();
  /** @type {Question} */
  #question = { data: "", split: "", wanted: null, wrong: false, image: "", layers: null, settings: {}, path: [], look: PLAIN, restrict: false };
  /** @type {Found[]} */
  #path = [];
  /** @type {import("./because-shown.js").Shown | null} */
  #shown = null;
  /** What is under way; null when nothing is. @type {AbortController | null} */
  #work = null;
  #points = 0;
  #body = body();

  connectedCallback() {
    if (this.#body.isConnected) return;
    this.append(this.#body);
    wire(this, {
      question: () => this.#question, image: () => this.#image, column: (column) => this.#column(column), point: (row) => this.#point(row), ask: () => this.#ask(), stop: () => this.#stop(),
      choose: (change) => this.#choose(change), take: (picked) => this.#take(picked), recurse: (row, image) => this.#recurse(row, image), menu: (place, about) => this.#menu(place, about),
    });
  }

  leave() {
    this.#stop(false);
  }

  get selected() { return find(this, "because-selected", BecauseSelected); }
  get pick() { return find(this, "because-pick", BecausePick); }
  get grid() { return find(this, "rule-grid", RuleGrid); }
  get deeper() { return find(this, "because-deeper", BecauseDeeper); }
  get panel() { return find(this, "rule-panel", RulePanel); }
  /** Where other screens find this picture. */
  get image() { return this.#question.image || null; }
  /** The addresses of the pictures beside the one in question. */
  get listed() { return this.#shown?.items.map(({ address }) => address) ?? []; }
  get #found() { return this.#path.at(-1); }
  get #image() { return this.#found?.image ?? this.#question.image; }
  /** What the link says. @param {URLSearchParams} params */
  async show(params) {
    const model = this.app.model?.name ?? "";
    if (model !== this.#model) this.#setup = await Setup.of(this.app.api, model);
    this.#model = model;
    find(this, ".trouble").textContent = this.#setup.refusal;
    const known = { labels: this.app.model?.labels ?? [], layers: this.#setup.names, datasets: this.#setup.datasets, schema: this.#setup.settings };
    const { question, corrections } = readQuestion(params, known);
    this.#question = question;
    this.app.corrected(corrections);
    if (corrections.length) this.app.replace(writeQuestion(question));
    await this.#show();
  }

  /** A choice that changes what is seen is a new entry in the history. @param {Partial<Question>} change */
  #choose(change) {
    const question = { ...this.#question, ...change };
    question.split = this.#setup.split(question.data, question.split);
    this.#question = question;
    this.app.push(writeQuestion(question));
    return this.#show();
  }

  async #show() {
    const { image, path } = this.#question;
    this.#stop(false);
    const work = new AbortController();
    this.#work = work;
    this.#frame();
    if (this.#setup.refusal) return;
    if (!path.length) this.app.speed("");
    if (!image) return this.pick.show(this.#question, this.#setup.datasets);
    if (!path.length) return this.#select();
    try {
      this.#busy(true);
      this.#path = await walk(this.app, this.#question, this.#setup.chosen(this.#question), { signal: work.signal, progress: (now) => (this.selected.progress = now) });
      if (work !== this.#work) return;
      this.#shorten(this.#path.length);
      this.#busy(false);
      this.#frame();
      const found = /** @type {Found} */ (this.#found);
      this.#rule(found);
      this.#shown = await shownBeside(this.app, this.#question, found, work.signal);
      if (work === this.#work) this.#pictures(found);
    } catch (problem) {
      if (work === this.#work) this.#failed(/** @type {Error} */ (problem));
    }
  }

  /** A link may name a condition that the rule does not have. @param {number} length */
  #shorten(length) {
    const { path, look } = this.#question;
    const parts = this.#found?.rule.premise.parts ?? [];
    const corrections = [];
    if (length < path.length) corrections.push(`there is no condition ${(path[length].condition ?? 0) + 1} at ${path[length - 1].layer}`);
    if (look.condition >= parts.length && look.condition) corrections.push(`there is no condition ${look.condition + 1} to look at`);
    if (!corrections.length) return;
    Object.assign(this.#question, { path: path.slice(0, length), look: PLAIN });
    this.app.corrected(corrections);
    this.app.replace(writeQuestion(this.#question));
  }

  /** Which parts are seen now. */
  #frame() {
    const { image, path, restrict } = this.#question;
    const steps = path.length;
    const ready = steps > 0 && this.#path.length === steps;
    find(this, ".pick").hidden = Boolean(image);
    find(this, ".selected").hidden = !image || ready;
    find(this, ".work").hidden = !ready;
    find(this, ".tools").hidden = !image;
    find(this, ".lead").hidden = Boolean(steps);
    find(this, ".tree").hidden = !ready;
    find(this, ".restrict", HTMLInputElement).checked = restrict;
    find(this, "layer-strip", LayerStrip).data = { layers: this.#setup.layers, chosen: this.#setup.chosen(this.#question), current: path.at(-1)?.layer };
    find(this, "because-trail", BecauseTrail).data = { path, found: this.#path };
  }

  /** ② the picture alone, before the question. */
  async #select() {
    this.#path = [];
    this.#frame();
    this.#busy(false);
    this.selected.focusAsk();
    await this.selected.show(this.#question.image, this.#setup.below(this.#question), this.#question.data).catch((problem) => this.#failed(problem));
  }

  #ask() {
    const layer = this.#setup.below(this.#question);
    if (this.#question.image && layer) this.#choose({ path: [{ condition: null, layer, image: null }], look: PLAIN });
  }

  /** Why does this condition hold, for this picture, one layer down? @param {number} row @param {string | null} image */
  #recurse(row, image) {
    const { path } = this.#question;
    const layer = this.#setup.below(this.#question, path.at(-1)?.layer);
    if (row < 0 || !path.length) return;
    if (!layer) return this.app.toast(`There is no chosen layer below ${path.at(-1)?.layer}; switch one on above.`);
    this.#choose({ path: [...path, { condition: row, layer, image: image === this.#image ? null : image }], look: PLAIN });
  }

  /** @param {boolean} busy */
  #busy(busy) {
    this.selected.busy = busy;
    find(this, ".work").classList.toggle("stale", busy);
    this.app.status(busy ? "Looking for a rule" : "Ready", busy ? "busy" : "ok");
  }

  /** @param {Error} problem */
  #failed(problem) {
    this.#busy(false);
    const cancelled = /** @type {any} */ (problem).title === "cancelled";
    find(this, ".trouble").textContent = cancelled ? "" : problem.message;
    if (cancelled) this.app.toast("Cancelled.");
    this.#path = [];
    this.#frame();
  }

  /** @param {boolean} [aloud] */
  #stop(aloud = true) {
    this.#work?.abort();
    if (!aloud) this.#work = null;
  }

  /** @param {Found} found */
  #rule({ rule }) {
    find(this, ".trouble").textContent = "";
    this.deeper.data = { question: this.#question, rule, layers: this.#setup.chosen(this.#question).filter((layer) => this.#setup.names.indexOf(layer) <= this.#setup.names.indexOf(rule.layer)) };
    this.panel.data = { rule, below: this.#setup.below(this.#question, rule.layer) };
    const form = find(this, "settings-form", SettingsForm);
    if (form.schema !== this.#setup.settings) form.schema = this.#setup.settings;
    form.values = this.#question.settings;
    find(this, ".restrict + span").textContent = `Restrict to “${rule.key.predicted_name}”`;
    find(this, ".log pre").textContent = this.#path.map(({ rule: { log } }) => log).join("\n");
    this.app.speed(`rule found in ${rule.seconds.toFixed(rule.seconds < 1 ? 2 : 1)} s`);
    this.app.announce(summary(rule));
  }

  /** ④ @param {Found} found */
  #pictures(found) {
    const shown = /** @type {import("./because-shown.js").Shown} */ (this.#shown);
    find(this, ".heading-of").replaceChildren(shown.heading, html`<span class="dim small"> ${shown.note}</span>`);
    find(this, ".plain").hidden = this.#question.look.kind === "rule";
    this.grid.data = gridData(this.app, found, shown);
  }

  /** The address of a column. @param {number} column */
  #column(column) {
    return column ? this.#shown?.items[column - 1].address ?? "" : this.#image;
  }

  /** The same condition is marked wherever it is seen. @param {number} row */
  async #point(row) {
    this.grid.pointed = row;
    this.panel.pointed = row;
    const [found, turn] = [this.#found, ++this.#points];
    if (!found || row < 0) return;
    const { tellOf } = await import("./because-more.js");
    const spread = await tellOf(this.app, this.#question, found, row);
    if (turn === this.#points) this.panel.spread = spread;
  }

  /** @param {import("../elements/pop-menu.js").Place} place @param {{ image: string, row: number }} about */
  async #menu(place, about) {
    const { openPictureMenu } = await import("./because-more.js");
    openPictureMenu(this.app, place, {
      ...about, layer: this.#setup.below(this.#question, this.#question.path.at(-1)?.layer), look: this.#question.look, question: this.#question,
      ask: () => this.#recurse(about.row, about.image), choose: (change) => this.#choose(change),
    });
  }

  /** @param {{ address?: string, blob?: Blob }} picked */
  async #take({ address, blob }) {
    try {
      const saved = blob && /json|html/.test(blob.type) && (await (await import("./because-more.js")).placeIn(blob));
      if (saved) return this.app.navigate(saved);
      await this.#choose({ image: blob ? (await this.app.api.addImage(blob)).address : address, path: [], look: PLAIN });
    } catch (problem) { this.app.toast(/** @type {Error} */ (problem).message); }
  }

  async shareItems() {
    const { shareRule } = await import("./because-more.js");
    return this.#found ? shareRule(this.app, this.#path, this.#question) : [];
  }

  /** @type {import("../keys.js").Table} */
  shortcuts = {
    Enter: ["Explain", () => !find(this, ".selected").hidden && this.#ask()],
    Escape: ["Stop", () => this.#stop()],
    r: ["Restrict to the class", () => this.#found && this.#choose({ restrict: !this.#question.restrict })],
    x: ["See the exceptions", () => this.#found && this.#choose({ look: { ...PLAIN, kind: this.#question.look.kind === "false" ? "rule" : "false" } })],
  };
}

customElements.define("because-page", BecausePage);
