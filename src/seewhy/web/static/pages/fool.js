// @ts-check
/** The Fool screen: one picture, and how little it takes until the model says something else. The tabs do the fooling. */

import { find, html, on } from "../html.js";
import { ImagePicker, watchPictures } from "../elements/image-picker.js";
import { watchMenu } from "../elements/pop-menu.js";
import { percent } from "../elements/probability-bars.js";
import { look } from "./explain-guess.js";
import { fill, hasNeighbours, neighbour } from "./explain-samples.js";
import { name, verdict } from "./explain-words.js";
import { FoolHead } from "./fool-head.js";
import { readQuestion, writeQuestion } from "./fool-state.js";
import { TABS } from "./fool-tabs.js";

/** @typedef {import("./fool-tabs.js").Tab} Tab */
/** @typedef {import("./fool-tabs.js").Screen} Screen */
/** @typedef {import("./fool-state.js").Question} Question */

const NAMES = TABS.map((tab) => tab.name);

export default class FoolPage extends HTMLElement {
  static title = "Fool";
  static styles = ["explain.css", "fool.css"];
  /** Set by the shell before anything else. @type {import("../app.js").App} */
  app = /** @type {any} */ (null);

  /** @type {Question} */
  #question = { image: "", tab: NAMES[0], label: null, goal: null, own: {} };
  /** What each tab was left with, as long as the picture is the same. @type {Record<string, Record<string, unknown>>} */
  #left = {};
  /** @type {Record<string, Tab>} */
  #open = {};
  /** @type {import("./fool-tabs.js").FoolState | null} */
  #state = null;
  #turn = 0;
  /** @type {Promise<void> | null} */
  #filled = null;
  #body = html`<div class="explain fool">
    <fool-head></fool-head>
    <p class="note trouble" role="alert"></p>
    <div class="tabs" role="tablist" aria-label="Ways to fool it">${TABS.map(({ name, title }) => html`<button type="button" role="tab" id="tab-${name}" aria-controls="fool-panel" @click=${() => this.#turnTo(name)}>${title}</button>`)}</div>
    <h2 class="visually-hidden start-title" hidden>Choose a picture</h2>
    <image-picker class="card start" hidden></image-picker>
    <div class="panel" id="fool-panel" role="tabpanel"></div>
  </div>`;

  connectedCallback() {
    if (this.#body.isConnected) return;
    this.append(this.#body);
    find(this, ".tabs").addEventListener("keydown", (event) => this.#arrow(event));
    on(this.head, "step", ({ by }) => this.#step(by));
    on(this.head, "other", () => this.#other());
    on(this.head, "label", ({ index }) => this.#go({ label: index, ...(index === this.#question.goal && { goal: null }) }));
    on(this.head, "goal", ({ index }) => this.#go({ goal: index }));
    on(find(this, ".start"), "pick", (picked) => this.#take(picked));
    watchMenu(this, "fool-head .own, .start .tiles button", (place, { dataset }) => this.#menu(place, dataset.address));
    find(this.head, ".own").addEventListener("click", ({ currentTarget }) => this.#menu({ anchor: /** @type {HTMLElement} */ (currentTarget) }));
    watchPictures(this, (blob) => this.#take({ blob }));
  }

  leave() {
    for (const tab of Object.values(this.#open)) tab.stop();
  }

  get head() { return find(this, "fool-head", FoolHead); }
  /** Where other screens find this picture. */
  get image() { return this.#question.image || null; }
  get #labels() { return this.app.model?.labels ?? []; }
  get #tab() { return this.#open[this.#question.tab]; }
  get shortcuts() { return { ...this.#keys, ...this.#tab?.shortcuts }; }
  shareItems() { return this.#tab?.shareItems?.() ?? []; }

  /** What the link says. @param {URLSearchParams} params */
  async show(params) {
    const rules = async (/** @type {string} */ tab) => (await this.#module(tab)).rules ?? {};
    const { question, corrections } = await readQuestion(params, { labels: this.#labels, tabs: NAMES, rules });
    this.#question = question;
    this.app.corrected(corrections);
    if (corrections.length) this.app.replace(writeQuestion(question, NAMES[0]));
    await this.#ask();
  }

  /** What changes a result is a new entry in the history; what does not is only noted. @param {Record<string, unknown>} changes @param {boolean} [quietly] */
  #go(changes, quietly = false) {
    const { image = this.#question.image, tab = this.#question.tab, label = this.#question.label, goal = this.#question.goal, ...own } = /** @type {any} */ (changes);
    const other = tab !== this.#question.tab;
    if (other) this.#left[this.#question.tab] = this.#question.own;
    this.#question = { image, tab, label, goal, own: { ...(other ? this.#left[tab] : this.#question.own), ...own } };
    const params = writeQuestion(this.#question, NAMES[0]);
    if (quietly) return this.app.replace(params);
    this.app.push(params);
    return this.#ask();
  }

  /** @param {string} tab */
  #turnTo(tab) {
    if (tab !== this.#question.tab) return this.#go({ tab });
  }

  async #ask() {
    const turn = ++this.#turn;
    const { image, tab, label, goal, own } = this.#question;
    const model = /** @type {import("../api.js").Model} */ (this.app.model);
    const { needsPicture = true, default: make } = await this.#module(tab);
    for (const [name, one] of Object.entries(this.#open)) if (name !== tab) one.stop();
    this.#mark(tab);
    const sight = image ? await look(this.app, [model.name], image).catch((problem) => String(problem.message)) : null;
    if (turn !== this.#turn) return;
    if (typeof sight === "string" || (!sight && needsPicture)) return this.#start(typeof sight === "string" ? sight : "");
    const found = sight?.[0].seen;
    const truth = found?.label ? model.labels.indexOf(found.label) : -1;
    const seen = found ? { top: found.top, order: found.order, shares: found.shares, truth: truth < 0 ? null : truth } : null;
    this.#state = { model, image, seen, label: label ?? seen?.truth ?? seen?.top.index ?? 0, asked: label, goal, own };
    if (goal === this.#state.label) this.#state.goal = null;
    this.#frame(true);
    this.#showHead();
    this.#open[tab] ??= make(this.#screen);
    const { element } = this.#open[tab];
    const panel = find(this, ".panel");
    if (panel.firstChild !== element) panel.replaceChildren(element);
    await this.#open[tab].show(this.#state);
  }

  /** What a tab may use; it always tells what is so now. @type {Screen} */
  #screen = Object.defineProperties(/** @type {any} */ ({
    go: (/** @type {Record<string, unknown>} */ changes, quietly = false) => this.#go(changes, quietly),
    say: (/** @type {string} */ text, /** @type {"ok" | "busy" | "bad"} */ mood = "ok") => (this.app.status(text, mood), this.app.announce(text)),
  }), {
    app: { get: () => this.app },
    api: { get: () => this.app.api },
    model: { get: () => this.app.model },
    image: { get: () => this.#question.image },
    classes: { get: () => this.#labels },
    state: { get: () => this.#state },
  });

  #showHead() {
    const { image, label, goal } = this.#question;
    const { seen, label: counts } = /** @type {import("./fool-tabs.js").FoolState} */ (this.#state);
    if (!seen) return (this.head.data = { title: "Fool it", facts: this.#about });
    const labels = this.#labels;
    const truth = seen.truth === null ? null : labels[seen.truth];
    const facts = [truth !== null && `labelled ${truth}`, verdict(seen.top, truth)].filter(Boolean).join(" · ");
    const wrong = counts !== seen.top.index ? `Labelled ${labels[counts]}, predicted ${seen.top.label}: the model is wrong before anybody does anything.` : "";
    this.head.data = {
      title: name(image), facts, wrong, steps: hasNeighbours(image), picture: this.app.api.imageURL(image, 96),
      labels, likely: seen.order.slice(0, 8).map((index) => ({ index, text: `${labels[index]} · ${percent(seen.shares[index])}` })), label, usual: seen.truth ?? seen.top.index, known: seen.truth !== null, goal,
    };
  }

  get #about() {
    return TABS.find((tab) => tab.name === this.#question.tab)?.about ?? "";
  }

  /** No picture, or one that cannot be read: where to get another. @param {string} trouble */
  async #start(trouble) {
    this.#state = null;
    this.#frame(false);
    this.head.data = { title: trouble ? name(this.#question.image) : "Fool it", facts: trouble ? "" : this.#about };
    find(this, ".trouble").textContent = trouble;
    await (this.#filled ??= fill(find(this, ".start", ImagePicker), this.app, 6));
  }

  /** @param {boolean} working */
  #frame(working) {
    find(this, ".panel").hidden = !working;
    find(this, ".start").hidden = find(this, ".start-title").hidden = working;
    if (working) find(this, ".trouble").textContent = "";
  }

  /** @param {string} tab */
  #mark(tab) {
    for (const button of /** @type {NodeListOf<HTMLButtonElement>} */ (this.querySelectorAll("[role=tab]"))) {
      const chosen = button.id === `tab-${tab}`;
      button.setAttribute("aria-selected", String(chosen));
      button.tabIndex = chosen ? 0 : -1;
    }
    find(this, ".panel").setAttribute("aria-labelledby", `tab-${tab}`);
  }

  /** @param {string} tab */
  #module = (tab) => /** @type {(typeof TABS)[0]} */ (TABS.find(({ name }) => name === tab)).load();

  /** @param {KeyboardEvent} event */
  #arrow(event) {
    const now = NAMES.indexOf(this.#question.tab);
    const to = { ArrowRight: now + 1, ArrowLeft: now - 1, Home: 0, End: -1 }[event.key];
    if (to === undefined) return;
    event.preventDefault();
    event.stopPropagation();
    const tab = NAMES.at(to % NAMES.length) ?? NAMES[0];
    find(this, `#tab-${tab}`).focus();
    this.#turnTo(tab);
  }

  /** @param {{ address?: string, blob?: Blob }} picked */
  async #take({ address, blob }) {
    if (blob?.type && !blob.type.startsWith("image/")) return this.app.toast("This is no picture; drop or choose a PNG, JPEG, GIF or WebP file.");
    try {
      await this.#go({ image: blob ? (await this.app.api.addImage(blob)).address : address, label: null, goal: null });
    } catch (problem) { this.app.toast(/** @type {Error} */ (problem).message); }
  }

  /** @param {number} by */
  async #step(by) {
    const image = await neighbour(this.app.api, this.#question.image, by);
    if (image) await this.#go({ image, label: null, goal: null });
  }

  async #other() {
    const { choosePicture } = await import("./explain-dialogs.js");
    choosePicture((picker) => fill(picker, this.app, 18), (picked) => this.#take(picked));
  }

  /** @param {import("../elements/pop-menu.js").Place} place @param {string} [address] of another picture than this one */
  async #menu(place, address) {
    const [{ openMenu }, { pictureItems }] = await Promise.all([import("../elements/pop-menu.js"), import("../picture-menu.js")]);
    const title = name(address ?? this.#question.image);
    const items = pictureItems(this.app, address ?? this.#question.image, { title });
    openMenu(place, items.filter((item) => address || !("label" in item) || item.label !== "Fool it"), `The picture ${title}`);
  }

  /** @type {import("../keys.js").Table} */
  #keys = {
    "[": ["Previous picture", () => this.#step(-1)],
    "]": ["Next picture", () => this.#step(1)],
    Escape: ["Stop", () => this.#tab?.stop()],
  };
}

customElements.define("fool-page", FoolPage);
