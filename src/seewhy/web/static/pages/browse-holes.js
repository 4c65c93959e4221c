// @ts-check
/** Browse › Holes: what fooled a model and was kept, by class, the smallest changes, and how to close them. Knows the API. */

import { find, html } from "../html.js";
import { openMenu } from "../elements/pop-menu.js";
import { pictureItems } from "../picture-menu.js";
import { format } from "../route.js";
import { BrowseHarden } from "./browse-harden.js";
import { BrowseNarrow } from "./browse-narrow.js";
import { command, grouped, made, sentence, size, SURE, sure } from "./hole-words.js";

/** @typedef {import("../api.js").Hole} Hole */

const FACE = 112; // pixels of a picture, so that a small one is drawn in whole squares

export class BrowseHoles extends HTMLElement {
  /** Set by the page. @type {import("../app.js").App} */
  app = /** @type {any} */ (null);
  /** @type {Hole[]} */
  #holes = [];
  #turn = 0;
  #narrow = new BrowseNarrow();
  #harden = new BrowseHarden();
  #body = html`<div class="holes-body">
    <div class="row spread"><p class="tally" role="status"></p><div class="row"><label class="check"><input type="checkbox" class="every"> of every model</label><a class="button export" download="seewhy-holes.zip">Export as data set</a></div></div>
    <ul class="note troubles" hidden></ul>
    <div class="empty" hidden></div>
    <div class="hole-groups"></div>
    ${this.#narrow}
    ${this.#harden}
  </div>`;

  connectedCallback() {
    if (this.#body.isConnected) return;
    this.append(this.#body);
    find(this, ".every").addEventListener("change", () => this.show());
  }

  /** Asks the server anew: something may have been kept meanwhile. */
  async show() {
    const turn = ++this.#turn;
    const { api, model } = this.app;
    this.#harden.app = this.#narrow.app = this.app;
    this.classList.add("stale");
    try {
      const every = find(this, ".every", HTMLInputElement).checked;
      const { holes, troubles } = await api.holes(every ? undefined : model?.name);
      if (turn !== this.#turn) return;
      this.#holes = holes;
      find(this, ".export", HTMLAnchorElement).href = api.holesURL(every ? undefined : model?.name);
      find(this, ".troubles").hidden = !troubles.length;
      find(this, ".troubles").replaceChildren(...troubles.map((text) => html`<li>${text}</li>`));
      this.#draw();
      await Promise.all([this.#harden.show(), this.#narrow.show()]);
    } catch (problem) {
      if (turn === this.#turn) this.#say(/** @type {Error} */ (problem).message);
    } finally {
      if (turn === this.#turn) this.classList.remove("stale");
    }
  }

  /** What is known of them, in a line. */
  get facts() {
    const { classes, nudged } = grouped(this.#holes, this.app.model?.labels ?? []);
    const count = classes.reduce((sum, { holes }) => sum + holes.length, 0);
    if (!this.#holes.length) return "No hole is kept";
    const many = (/** @type {number} */ n, /** @type {string} */ one, /** @type {string} */ more) => `${n} ${n === 1 ? one : more}`;
    return `${many(this.#holes.length, "hole", "holes")}: ${many(count, "piece", "pieces")} of nonsense accepted at ≥ ${100 * SURE} % in ${many(classes.length, "class", "classes")}, ${many(nudged.length, "nudged picture", "nudged pictures")}`;
  }

  #draw() {
    const { classes, unsure, nudged } = grouped(this.#holes, this.app.model?.labels ?? []);
    this.#say(this.facts);
    const none = !this.#holes.length;
    find(this, ".export").hidden = none;
    const empty = find(this, ".empty");
    empty.hidden = !none;
    empty.replaceChildren(...(none ? this.#invitation() : []));
    find(this, ".hole-groups").replaceChildren(...[
      classes.length ? html`<section class="card" aria-labelledby="accepted-nonsense"><h2 id="accepted-nonsense">Nonsense it accepts</h2>
        <p class="small dim">These pictures mean nothing to a person; the model is at least ${100 * SURE} % sure of a class.</p>
        <div class="hole-classes">${classes.map(({ name, holes }) => html`<div class="hole-class"><h3>Called “${name}” <span class="dim small">${holes.length === 1 ? "one picture" : `${holes.length} pictures`}</span></h3><ul class="hole-list">${holes.map((hole) => this.#card(hole))}</ul></div>`)}</div></section>` : null,
      nudged.length ? html`<section class="card" aria-labelledby="least-changes"><h2 id="least-changes">Least changes that fool it</h2>
        <p class="small dim">Real pictures, changed; the smallest change first. ε is the largest change of a value.</p><ol class="hole-list">${nudged.map((hole) => this.#card(hole))}</ol></section>` : null,
      unsure.length ? html`<section class="card" aria-labelledby="less-sure"><h2 id="less-sure">Less sure of</h2><ul class="hole-list">${unsure.map((hole) => this.#card(hole))}</ul></section>` : null,
    ].filter((part) => part !== null));
  }

  /** @param {Hole} hole */
  #card(hole) {
    const { id, address, model, note, date, truth, label, epsilon, probability } = hole;
    const every = find(this, ".every", HTMLInputElement).checked;
    const told = html`<p><b>${sure(probability)}</b> ${truth === null ? "" : `“${truth}” → “${label}”`}</p>`;
    const card = html`<li class="hole">
      <a class="face" href="${format("explain", { model: this.app.model?.name, img: address })}" aria-label="Explain: ${sentence(hole)}"><img alt="" loading="lazy" src="${this.app.api.imageURL(address, FACE)}"></a>
      <div class="about">${told}<p class="small dim">${truth === null ? made(hole) : `ε ${size(epsilon)}, ${hole.recipe.method ?? hole.kind}`}${every ? ` · ${model}` : ""} · <time datetime="${date}">${date.slice(0, 10)}</time></p>
        <label class="visually-hidden" for="note-${id}">Note</label><input type="text" id="note-${id}" class="note-field" maxlength="2000" placeholder="Note…" value="${note}">
        <details><summary class="small">Recipe</summary><code class="small">${command(hole)}</code><button type="button" class="small copy">Copy</button></details></div>
      <div class="acts"><button type="button" class="quiet more" aria-haspopup="menu" aria-label="Menu: ${sentence(hole)}">⋯</button><button type="button" class="quiet drop" aria-label="Delete: ${sentence(hole)}" title="Delete">×</button></div></li>`;
    const more = find(card, ".more");
    const menu = (/** @type {{ x?: number, y?: number }} */ at = {}) => openMenu({ anchor: more, ...at }, pictureItems(this.app, address, { title: `hole-${id}` }), `Menu of ${address}`);
    more.addEventListener("click", () => menu());
    card.addEventListener("contextmenu", (event) => /** @type {HTMLElement} */ (event.target).closest("input") ?? (event.preventDefault(), menu({ x: event.clientX, y: event.clientY })));
    find(card, ".copy").addEventListener("click", () => this.app.copy(`${command(hole)}\n`, "Command"));
    find(card, ".drop").addEventListener("click", () => this.#drop(hole, card));
    find(card, ".note-field", HTMLInputElement).addEventListener("change", ({ target }) => this.#note(hole, /** @type {HTMLInputElement} */ (target).value));
    return card;
  }

  /** @param {Hole} hole @param {string} note */
  async #note(hole, note) {
    try {
      hole.note = (await this.app.api.noteHole(hole.id, note)).note;
      this.app.announce("Note saved.");
    } catch (problem) {
      this.app.toast(/** @type {Error} */ (problem).message);
    }
  }

  /** A second press deletes: there is no way back. @param {Hole} hole @param {HTMLElement} card */
  async #drop(hole, card) {
    const button = find(card, ".drop", HTMLButtonElement);
    if (!button.classList.contains("certain")) {
      button.classList.add("certain");
      button.textContent = "Delete?";
      button.addEventListener("blur", () => (button.classList.remove("certain"), (button.textContent = "×")), { once: true });
      return;
    }
    try {
      await this.app.api.forgetHole(hole.id);
      await this.show();
      const next = this.querySelector(".drop") ?? this.querySelector(".every");
      /** @type {HTMLElement | null} */ (next)?.focus();
      this.app.announce("Deleted.");
    } catch (problem) {
      this.app.toast(/** @type {Error} */ (problem).message);
    }
  }

  /** What to do where nothing is kept. */
  #invitation() {
    const model = this.app.model?.name;
    return [
      html`<p>Nothing that fooled ${model ?? "this model"} is kept yet.</p>`,
      html`<p>Make some on <a href="${format("fool", { model, tab: "nonsense" })}">Fool › Nonsense</a> and keep it, or type <code>seewhy fool all --model ${model ?? ""} --keep</code>.</p>`,
    ];
  }

  /** @param {string} text */
  #say(text) {
    find(this, ".tally").textContent = text;
  }
}

customElements.define("browse-holes", BrowseHoles);
