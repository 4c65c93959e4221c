// @ts-check
/** Learn: all methods at a glance, or one of them on your picture. Knows the hash. */

import { formatRecipe, parseRecipe } from "../recipe.js";
import { below, oneOf, read } from "../route.js";
import { shareItems } from "../share.js";
import { showCheat } from "./learn-cheat.js";
import { showIndex } from "./learn-index.js";
import { SIDES, TWINS } from "./learn-axioms-words.js";
import { showMethod } from "./learn-method.js";
import { samples } from "./learn-samples.js";

/** @typedef {import("../api.js").Method} Method */
/**
 * @typedef {{ app: import("../app.js").App, methods: Method[], image: string, own: string, list: import("./learn-samples.js").Sample[], settings: Record<string, unknown>,
 *   target: string, axioms: { twin: string, side: string }, signal: AbortSignal, choose: (address: string) => void,
 *   set: (change: { settings?: Record<string, unknown>, target?: string, axioms?: { twin?: string, side?: string } }) => void }} Lesson
 */

const AXIOMS = "axioms"; // a lesson that is no method
const CHEAT = "cheat"; // another: two models, one of which cheats
const PLAIN = { twin: "wide", side: "left" };

export default class LearnPage extends HTMLElement {
  static title = "Learn";
  static styles = ["path.css", "explain.css", "learn.css"];

  /** @type {import("../app.js").App} */
  app = /** @type {any} */ (null);
  /** The picture in use. @type {string | null} */
  image = null;
  #settings = /** @type {Record<string, unknown>} */ ({});
  #target = "";
  #axioms = PLAIN;
  /** The last picture that is not among the samples: it stays at hand. */
  #own = "";
  #path = "";
  #model = "";
  #turn = new AbortController();
  /** @type {Method[]} */
  #methods = [];
  /** @type {import("./learn-samples.js").Sample[]} */
  #list = [];

  /** @param {URLSearchParams} params @param {string} path */
  async show(params, path) {
    const model = this.app.model;
    if (!model) return;
    const moved = this.#path !== path && this.isConnected && this.childElementCount > 0;
    if (this.#model !== model.name) this.replaceChildren(); // what a model can do is part of the page
    [this.#methods, this.#list] = await Promise.all([this.app.api.methods(model.name), samples(this.app)]);
    this.#model = model.name;
    const known = ["", AXIOMS, CHEAT].includes(path) || this.#methods.some(({ name }) => name === path);
    this.#path = known ? path : "";
    const corrections = known ? [] : [`there is no method “${path}”`];
    corrections.push(...this.#take(params, model));
    corrections.push(...(await this.#check()));
    this.app.corrected(corrections);
    if (corrections.length) this.app.replace(this.#params(), this.#path);
    this.#draw(moved); // maps come when they are ready; the screen is there now
  }

  leave() {
    this.#turn.abort();
  }

  /** @type {import("../keys.js").Table} */
  get shortcuts() {
    return { "[": ["Previous picture", () => this.#turnTo(-1)], "]": ["Next picture", () => this.#turnTo(1)] };
  }

  shareItems() {
    return ["", AXIOMS, CHEAT].includes(this.#path) ? [] : shareItems(this.app, () => this.#task());
  }

  #task() {
    if (!this.image || !this.app.model) return null;
    return { model: this.app.model.name, image: this.image, method: this.#path, settings: this.#settings, target: this.#target === "" ? "argmax" : Number(this.#target) };
  }

  /** @param {number} step */
  #turnTo(step) {
    const place = this.#list.findIndex(({ address }) => address === this.image);
    const next = this.#list.at((Math.max(place, 0) + step) % this.#list.length);
    if (next) this.#change({ image: next.address });
  }

  /** @param {URLSearchParams} params @param {import("../api.js").Model} model */
  #take(params, model) {
    const { values, corrections } = read(params, { img: (raw) => raw || undefined, x: (raw) => raw, t: below(model.labels.length), twin: oneOf(Object.keys(TWINS)), side: oneOf(Object.keys(SIDES)) });
    this.image = values.img ?? first(this.#list);
    this.#target = values.t === undefined ? "" : String(values.t);
    this.#settings = {};
    this.#axioms = { twin: values.twin ?? PLAIN.twin, side: values.side ?? PLAIN.side };
    if (!values.x) return corrections;
    const { method, settings, problem } = parseRecipe(values.x, this.#methods);
    if (problem) corrections.push(problem);
    else if (method !== this.#path) corrections.push(`these settings belong to ${method}`);
    else this.#settings = settings;
    return corrections;
  }

  /** A picture that is not there is replaced by one that is. @returns {Promise<string[]>} */
  async #check() {
    if (!this.image || this.#list.some(({ address }) => address === this.image)) return [];
    const lost = await this.app.api.image(this.image).then(() => "", (problem) => (problem.status ? problem.message : ""));
    if (!lost) return [];
    this.image = first(this.#list);
    return [lost.replace(/\.$/, "")];
  }

  /** @param {boolean} moved to another lesson */
  #draw(moved) {
    this.#turn.abort();
    this.#turn = new AbortController();
    const method = this.#methods.find(({ name }) => name === this.#path);
    if (this.#path === CHEAT) showCheat(this, this.#lesson());
    else if (method) showMethod(this, this.#lesson(), method);
    else if (this.#path === AXIOMS) this.#showAxioms();
    else showIndex(this, this.#lesson());
    document.title = `${method?.title ?? ({ [AXIOMS]: "Axioms", [CHEAT]: "Catch a cheating model" }[this.#path] ?? "Learn")} · seewhy`;
    if (moved) {
      this.querySelector("h1")?.focus();
      scrollTo(0, 0);
    }
  }

  async #showAxioms() {
    const lesson = this.#lesson();
    const { showAxioms } = await import("./learn-axioms.js");
    if (!lesson.signal.aborted) await showAxioms(this, lesson);
  }

  /** @returns {Lesson} */
  #lesson() {
    if (this.image && !this.#list.some(({ address }) => address === this.image)) this.#own = this.image;
    return {
      app: this.app, methods: this.#methods, image: this.image ?? "", own: this.#own, list: this.#list, settings: this.#settings, target: this.#target, axioms: this.#axioms, signal: this.#turn.signal,
      choose: (address) => this.#change({ image: address }),
      set: (change) => this.#change(change),
    };
  }

  /** What somebody chose: a new entry in the history. @param {{ image?: string, settings?: Record<string, unknown>, target?: string, axioms?: { twin?: string, side?: string } }} change */
  #change({ image = this.image ?? "", settings = this.#settings, target = this.#target, axioms = {} }) {
    Object.assign(this, { image });
    this.#settings = settings;
    this.#target = target;
    this.#axioms = { ...this.#axioms, ...axioms };
    this.app.push(this.#params(), this.#path);
    this.#draw(false);
  }

  #params() {
    if (this.#path === AXIOMS) return { img: this.image, t: this.#target, ...this.#axioms };
    const schema = this.#methods.find(({ name }) => name === this.#path)?.settings;
    const recipe = formatRecipe(this.#path, this.#settings, schema);
    return { img: this.image, x: recipe === this.#path ? "" : recipe, t: this.#target };
  }
}

/** The picture for a start: from the middle, where the digits have most corners. @param {import("./learn-samples.js").Sample[]} list */
function first(list) {
  return list[Math.floor(list.length / 2)]?.address ?? null;
}

customElements.define("learn-page", LearnPage);
