// @ts-check
/** ① of a Because screen: the pictures that a model calls one class, wrong ones marked, or a picture of one's own. Knows the API. */

import { find, html } from "../html.js";
import { ImageGrid } from "../elements/image-grid.js";
import { ProgressRing } from "../elements/progress-ring.js";
import { watchPictures } from "../elements/image-picker.js";
import { options } from "../options.js";
import { name, verdict } from "../rule-words.js";

/** @typedef {import("./because-state.js").Question} Question */
/** @typedef {import("../api.js").Item} Item */

const PAGE = 50;
const TILE = 84;
const ACROSS = 25;

/** Events: "choose" {…} what of the question changed; "pick" {address} or {blob}; "menu" {item, place}. */
export class BecausePick extends HTMLElement {
  /** @type {import("../app.js").App} */
  app = /** @type {any} */ (null);
  /** @type {Item[]} */
  #items = [];
  #key = "";
  /** @type {number | null} */
  #next = null;
  #grid = new ImageGrid();
  #ring = new ProgressRing();
  #body = html`<div class="pick-body">
    <div class="row fields">
      <label>Data <select class="data"></select></label>
      <label>set <select class="split"></select></label>
      <label>called <select class="class"></select></label>
      <label class="check"><input type="checkbox" class="wrong"> wrong ones first</label>
      <span class="dim small tally" role="status"></span>
    </div>
    ${this.#ring}${this.#grid}
    <p class="empty dim" hidden></p>
    <div class="row spread"><button type="button" class="further">${PAGE} more</button>
      <form class="row own"><span class="dim small">or your own: drop or paste a picture or a saved rule,</span><label class="button">choose a file<input type="file" accept="image/*,.json,.html" class="visually-hidden"></label>
        <label class="visually-hidden" for="because-address">Address</label><input type="text" id="because-address" placeholder="digits/test/8, up:…, ink:…" spellcheck="false" autocomplete="off"><button type="submit">Open</button></form></div>
  </div>`;

  connectedCallback() {
    if (this.#body.isConnected) return;
    this.append(this.#body);
    this.#ring.hidden = true;
    const tell = (/** @type {object} */ detail, type = "choose") => this.dispatchEvent(new CustomEvent(type, { detail }));
    const select = (/** @type {string} */ name) => find(this, name, HTMLSelectElement);
    select(".data").addEventListener("change", ({ target }) => tell({ data: /** @type {HTMLSelectElement} */ (target).value, split: undefined }));
    select(".split").addEventListener("change", ({ target }) => tell({ split: /** @type {HTMLSelectElement} */ (target).value }));
    select(".class").addEventListener("change", ({ target }) => tell({ wanted: Number(/** @type {HTMLSelectElement} */ (target).value) }));
    find(this, ".wrong", HTMLInputElement).addEventListener("change", ({ target }) => tell({ wrong: /** @type {HTMLInputElement} */ (target).checked }));
    find(this, ".further").addEventListener("click", () => this.#more());
    this.#grid.addEventListener("open", (event) => tell({ address: /** @type {CustomEvent} */ (event).detail.key }, "pick"));
    this.#grid.addEventListener("menu", (event) => {
      const { key, place } = /** @type {CustomEvent} */ (event).detail;
      tell({ item: this.#items.find(({ address }) => address === key), place }, "menu");
    });
    const file = find(this, "[type=file]", HTMLInputElement);
    file.addEventListener("change", () => file.files?.[0] && tell({ blob: file.files[0] }, "pick"));
    find(this, ".own", HTMLFormElement).addEventListener("submit", (event) => {
      event.preventDefault();
      const address = find(this, "#because-address", HTMLInputElement).value.trim();
      if (address) tell({ address }, "pick");
    });
    watchPictures(this, (blob) => tell({ blob }, "pick"));
  }

  /** What can be chosen, and what is. @param {Question} question @param {{ name: string, title: string, splits: string[] }[]} datasets */
  async show(question, datasets) {
    const labels = this.app.model?.labels ?? [];
    const { data, split, wanted, wrong } = question;
    options(find(this, ".data", HTMLSelectElement), datasets.map(({ name, title }) => [name, title]), data);
    options(find(this, ".split", HTMLSelectElement), (datasets.find(({ name }) => name === data)?.splits ?? []).map((name) => [name, name]), split);
    options(find(this, ".class", HTMLSelectElement), labels.map((label, index) => [String(index), label]), String(wanted ?? 0));
    find(this, ".wrong", HTMLInputElement).checked = wrong;
    const key = JSON.stringify([this.app.model?.name, data, split, wanted ?? 0, wrong]);
    if (key === this.#key) return;
    this.#key = key;
    [this.#items, this.#next] = [[], 0];
    await this.#more(key);
  }

  /** Puts the focus back where somebody was. @param {string} address */
  focusOn(address) {
    this.#grid.focusOn(address);
  }

  async #more(key = this.#key) {
    const { api, model } = this.app;
    const [, data, split, predicted, wrong] = JSON.parse(key);
    this.#grid.classList.add("stale");
    try {
      await api.perform(/** @type {any} */ ({ kind: "predictions", model: model?.name, data, split }), { progress: (now) => ((this.#ring.hidden = false), (this.#ring.data = now)) });
      const page = await api.items(data, split, { model: model?.name, predicted, sort: wrong ? "loss" : "index", limit: PAGE, cursor: this.#next ?? 0 });
      if (key !== this.#key) return;
      this.#items.push(...page.items);
      this.#next = page.next_cursor;
      this.#draw(page.total, model?.labels[predicted] ?? "", split);
    } catch (problem) {
      if (key === this.#key) this.#say(/** @type {Error} */ (problem).message);
    } finally {
      this.#ring.hidden = true;
      this.#grid.classList.remove("stale");
    }
  }

  /** @param {number} total @param {string} label @param {string} split */
  #draw(total, label, split) {
    const wrong = this.#items.filter(({ correct }) => correct === false).length;
    this.#say(total ? "" : `No image is called “${label}” in ${split}. Choose another class or set.`);
    find(this, ".tally").textContent = total ? `${this.#items.length} of ${total} called “${label}”${wrong ? `, ${wrong} of them wrongly` : ""}` : "";
    find(this, ".further").hidden = this.#next === null;
    const tiles = this.#items.map((item) => ({
      key: item.address, title: `${name(item.address)}: ${verdict(/** @type {any} */ (item))}`, share: item.score,
      mark: item.correct === false ? `✗ ${item.label_name}` : undefined,
    }));
    const sheet = this.app.api.spriteURL(this.#items.map(({ address }) => address), TILE, ACROSS, this.app.model?.name);
    this.#grid.data = { tiles, sheet, columns: Math.min(ACROSS, tiles.length), label: `Images called ${label}` };
    this.#grid.hidden = !tiles.length;
  }

  /** @param {string} text */
  #say(text) {
    const empty = find(this, ".empty");
    empty.hidden = !text;
    empty.textContent = text;
  }
}

customElements.define("because-pick", BecausePick);
