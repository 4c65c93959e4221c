// @ts-check
/** The Report screen: what was pinned, in order, with a note each; one file to send. Knows pins and items, no map. */

import { find, html } from "../html.js";
import { watchMenu } from "../elements/pop-menu.js";
import { change, move, unpin } from "../pins.js";
import { ReportItem } from "./report-item.js";

/** @typedef {import("../state.js").Pin} Pin */

const FORMS = /** @type {const} */ ([["html", "HTML", "one file, opens anywhere, with its sliders"], ["zip", "ZIP", "pictures and arrays (PNG, npz)"], ["json", "JSON", "facts and arrays"]]);
const TITLE = "What the model sees";

export default class ReportPage extends HTMLElement {
  static title = "Report";
  static styles = ["explain.css", "report.css"];
  /** Set by the shell before anything else. @type {import("../app.js").App} */
  app = /** @type {any} */ (null);

  /** @type {Map<string, ReportItem>} */
  #items = new Map();
  #dragged = "";
  #title = /** @type {HTMLInputElement} */ (html`<input type="text" id="report-title" maxlength="300" value="${TITLE}" autocomplete="off">`);
  #body = html`<div class="report">
    <div class="masthead"><div class="heading"><h1 tabindex="-1">Report</h1><p class="print-title" aria-hidden="true"></p><p class="facts dim"></p></div>
      <div class="row tools" hidden>${FORMS.map(([form, label, hint]) => html`<button type="button" class="${form === "html" ? "primary" : ""}" title="${hint}" @click=${() => this.#save(form)}>Save ${label}</button>`)}
        <button type="button" @click=${() => print()}>Print</button></div></div>
    <label class="field title-field" hidden><span>Title</span>${this.#title}</label>
    <ol class="items"></ol>
    <p class="row end" hidden><button type="button" class="quiet" @click=${() => this.#clear()}>Remove all</button></p>
    <section class="card empty" hidden aria-labelledby="empty-title"><h2 id="empty-title">Nothing is pinned yet</h2>
      <p>Pinning keeps a finding for a report: the map or the fooled picture, what the model believed, every setting, and the Python that repeats it. Pins stay in this browser until you remove them.</p>
      <ol><li>On <a href="#/explain" data-page="explain">Explain</a>, press <kbd>P</kbd> on a map, or choose Pin in its menu ⋯; Share pins all maps of the screen. On <a href="#/fool" data-page="fool">Fool</a>, press Pin.</li>
        <li>Come back here, put the maps in order and write what you see in them.</li>
        <li>Save it as one HTML file that works without seewhy, as a ZIP of pictures and arrays, or print it.</li></ol></section>
  </div>`;

  connectedCallback() {
    if (this.#body.isConnected) return;
    this.append(this.#body);
    const title = () => (find(this, ".print-title").textContent = this.#title.value.trim() || TITLE);
    this.#title.addEventListener("input", title);
    title();
    this.app.state.addEventListener("change", this.#changed);
    const list = find(this, ".items");
    list.addEventListener("note", (event) => change(this.app.state, runOf(event), { note: detail(event).note }));
    list.addEventListener("renewed", (event) => this.#renew(runOf(event), detail(event).run));
    list.addEventListener("remove", (event) => this.#remove(runOf(event)));
    list.addEventListener("move", (event) => this.#move(runOf(event), detail(event).by));
    watchMenu(list, ".own", (place, own) => this.#menu(place, own));
    list.addEventListener("click", ({ target }) => {
      const own = target instanceof Element && target.closest(".own");
      if (own instanceof HTMLElement) this.#menu({ anchor: own }, own);
    });
    list.addEventListener("dragstart", ({ target }) => (this.#dragged = target instanceof ReportItem ? target.pin?.run ?? "" : ""));
    list.addEventListener("dragend", () => (this.#dragged = ""));
    list.addEventListener("dragover", (event) => this.#over(event));
    list.addEventListener("drop", (event) => event.preventDefault());
  }

  disconnectedCallback() {
    this.app.state.removeEventListener("change", this.#changed);
  }

  show() {
    this.#draw();
  }

  shareItems() {
    return this.app.state.pins.length ? FORMS.map(([form, label, hint]) => ({ label: `Save ${label}`, hint, action: () => this.#save(form) })) : [];
  }

  #changed = () => this.#draw();

  /** Items that are there stay, so that the focus and what is being written stay. */
  #draw() {
    const { pins } = this.app.state;
    const list = find(this, ".items");
    const old = this.#items;
    this.#items = new Map(pins.map((pin) => [pin.run, old.get(pin.run) ?? this.#item()]));
    for (const [run, item] of old) if (!this.#items.has(run)) item.remove();
    for (const [at, pin] of pins.entries()) {
      const item = /** @type {ReportItem} */ (this.#items.get(pin.run));
      if (list.children[at] !== item) list.insertBefore(item, list.children[at] ?? null);
      item.show(pin, at, pins.length);
    }
    const none = pins.length === 0;
    find(this, ".empty").hidden = !none;
    for (const part of [".tools", ".title-field", ".end"]) find(this, part).hidden = none;
    find(this, ".facts").textContent = none ? "" : `${pins.length === 1 ? "One finding" : `${pins.length} findings`}, in the order of the page that you send.`;
  }

  #item() {
    const item = new ReportItem();
    item.api = this.app.api;
    return item;
  }

  /** @param {string} run @param {number} by */
  #move(run, by) {
    const at = this.app.state.pins.findIndex((pin) => pin.run === run);
    move(this.app.state, run, at + by);
    this.#items.get(run)?.focusOn(by < 0 ? "up" : "down");
    this.app.announce(`Moved to place ${Math.max(0, Math.min(this.app.state.pins.length - 1, at + by)) + 1} of ${this.app.state.pins.length}.`);
  }

  /** @param {string} run */
  #remove(run) {
    const at = this.app.state.pins.findIndex((pin) => pin.run === run);
    unpin(this.app.state, run);
    const next = this.app.state.pins[Math.min(at, this.app.state.pins.length - 1)];
    if (next) this.#items.get(next.run)?.focusOn("remove");
    else find(this, "h1").focus();
  }

  /** The run was forgotten and computed again, under another number perhaps. @param {string} before @param {string} run */
  #renew(before, run) {
    const item = this.#items.get(before);
    if (before === run || !item) return;
    this.#items.delete(before);
    this.#items.set(run, item);
    change(this.app.state, before, { run });
  }

  #clear() {
    const { state } = this.app;
    const before = state.pins;
    state.pins = [];
    find(this, "h1").focus();
    this.app.toast(`${before.length} pins removed.`);
  }

  /** What can be done with a picture. @param {import("../elements/pop-menu.js").Place} place @param {HTMLElement} own */
  async #menu(place, own) {
    const item = own.closest("report-item");
    if (item instanceof ReportItem && item.pin) (await import("./explain-menu.js")).pictureMenu(this.app, place, item.pin.task.image);
  }

  /** A dragged item goes where the pointer is. @param {DragEvent} event */
  #over(event) {
    const item = event.target instanceof Element ? event.target.closest("report-item") : null;
    if (!this.#dragged || !(item instanceof ReportItem)) return;
    event.preventDefault();
    const place = [...this.#items.values()].indexOf(item);
    if (item.pin && item.pin.run !== this.#dragged) move(this.app.state, this.#dragged, place);
  }

  /** @param {"html" | "json" | "zip"} form */
  async #save(form) {
    const waiting = [...this.#items.values()].filter(({ ready }) => !ready).length;
    if (waiting) return this.app.toast(`${waiting === 1 ? "One finding is" : `${waiting} findings are`} not there yet: wait, or remove what cannot be computed.`);
    try {
      const items = this.app.state.pins.map(({ run, note }) => ({ run, note }));
      const { id } = await this.app.api.reports(this.#title.value.trim() || TITLE, items);
      Object.assign(document.createElement("a"), { href: this.app.api.reportURL(id, form), download: `seewhy-report.${form}` }).click();
    } catch (problem) {
      this.app.toast(/** @type {Error} */ (problem).message);
    }
  }
}

/** @param {Event} event */
const runOf = ({ target }) => /** @type {ReportItem} */ (target).pin?.run ?? "";
/** @param {Event} event */
const detail = (event) => /** @type {CustomEvent} */ (event).detail;

customElements.define("report-page", ReportPage);
