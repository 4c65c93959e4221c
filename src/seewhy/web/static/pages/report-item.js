// @ts-check
/** One pinned finding: its map or picture, what it says, a note, its place in the report. Knows a pin, and the API it is given. */

import { find, html } from "../html.js";
import { ColourLegend } from "../elements/colour-legend.js";
import { HeatMap } from "../elements/heat-map.js";
import { percent } from "../elements/probability-bars.js";
import { formatRecipe } from "../recipe.js";
import { format } from "../route.js";
import { name } from "./explain-words.js";

/** @typedef {import("../state.js").Pin} Pin */

const PAUSE = 400; // ms of rest before a note is kept
let serial = 0;

/** Events, all bubbling: "note" {note}, "move" {by}, "remove", "renewed" {run} when it was computed again. */
export class ReportItem extends HTMLElement {
  /** Set by who makes it. @type {typeof import("../api.js")} */
  api = /** @type {any} */ (null);
  /** @type {Pin | null} */
  pin = null;
  /** Whether its map is there. */
  ready = false;
  #loaded = "";
  #timer = 0;
  #note = /** @type {HTMLTextAreaElement} */ (html`<textarea rows="2" maxlength="10000" placeholder="What do you see?"></textarea>`);
  #picture = /** @type {HTMLImageElement} */ (html`<img class="seen" alt="">`);
  #body = html`<article class="card item">
    <div class="maps-pair"><button type="button" class="own quiet" aria-haspopup="menu">${this.#picture}</button><div class="map"><heat-map></heat-map><colour-legend></colour-legend></div><img class="whole" alt="" hidden></div>
    <div class="words"><h2></h2><p class="small dim about"></p><p class="small sentence"></p><p class="note trouble" role="alert" hidden></p>
      <label class="note-field"><span class="small dim">Note</span>${this.#note}</label><p class="printed"></p></div>
    <div class="place"><span class="handle" aria-hidden="true" title="Drag to another place">⠿</span>
      <button type="button" class="quiet up" @click=${() => this.#say("move", { by: -1 })}>↑</button>
      <button type="button" class="quiet down" @click=${() => this.#say("move", { by: 1 })}>↓</button>
      <button type="button" class="quiet remove" @click=${() => this.#say("remove")}>×</button></div>
  </article>`;

  connectedCallback() {
    if (this.#body.isConnected) return;
    this.append(this.#body);
    this.setAttribute("role", "listitem");
    this.#note.id = `note-${++serial}`;
    this.#note.addEventListener("input", () => this.#later());
    this.#note.addEventListener("change", () => this.#tell());
    this.addEventListener("keydown", (event) => {
      const by = event.altKey && { ArrowUp: -1, ArrowDown: 1 }[event.key];
      if (!by) return;
      event.preventDefault();
      this.#say("move", { by });
    });
    const handle = find(this, ".handle"); // only by its handle, so that words can be marked
    handle.addEventListener("pointerdown", () => (this.draggable = true));
    this.addEventListener("dragend", () => (this.draggable = false));
    handle.addEventListener("pointerup", () => (this.draggable = false));
  }

  /** @param {Pin} pin @param {number} at @param {number} count */
  show(pin, at, count) {
    const before = this.pin;
    this.pin = pin;
    find(this, "h2").textContent = `${at + 1}. ${pin.title}`;
    if (before?.note !== pin.note && document.activeElement !== this.#note) this.#note.value = pin.note;
    find(this, ".printed").textContent = pin.note;
    find(this, ".up").toggleAttribute("disabled", at === 0);
    find(this, ".down").toggleAttribute("disabled", at === count - 1);
    for (const [name, words] of [["up", "Move up"], ["down", "Move down"], ["remove", "Remove"]]) find(this, `.${name}`).setAttribute("aria-label", `${words}: ${pin.title}`);
    this.#note.setAttribute("aria-label", `Note on ${pin.title}`);
    if (this.#loaded !== pin.run) this.#load(pin);
  }

  /** @param {string} button after a move or a removal */
  focusOn(button) {
    const wanted = find(this, `.${button}`, HTMLButtonElement);
    (wanted.disabled ? find(this, button === "up" ? ".down" : ".up", HTMLButtonElement) : wanted).focus();
  }

  /** The result that the server still has, or has to compute again. @param {Pin} pin */
  async #load(pin) {
    this.#loaded = pin.run;
    this.ready = false;
    this.#tellTrouble("");
    const { model, image } = pin.task;
    const map = (pin.task.kind ?? "explain") === "explain"; // else it is drawn where it was found
    for (const part of [".own", ".map"]) find(this, part).hidden = !map;
    find(this, ".whole").hidden = map;
    find(this, ".maps-pair").classList.toggle("one", !map);
    if (map) this.#picture.src = this.api.imageURL(image, 160);
    this.#picture.alt = `The picture: ${name(image ?? "")}`;
    find(this, ".own").ariaLabel = `${this.#picture.alt}: what to do with it`;
    find(this, ".about").textContent = [image && name(image), model].filter(Boolean).join(" · ");
    try {
      const run = await this.#result(pin);
      const found = /** @type {import("../api.js").Result} */ (run.result);
      if (map) {
        const { arrays } = await this.api.arrays(run.id, ["values", "image"]);
        if (this.pin?.run !== pin.run) return;
        this.#draw(found, arrays);
      } else this.#drawWhole(run.id, found.sentence);
      if (this.pin?.run !== pin.run) return;
      this.#loaded = run.id;
      this.ready = true;
      this.#tellTrouble("");
      this.#say("renewed", { run: run.id });
    } catch (problem) {
      if (this.pin?.run === pin.run) this.#tellTrouble(/** @type {Error} */ (problem).message);
    }
  }

  /** @param {Pin} pin */
  async #result({ run, task }) {
    const kept = await this.api.run(run).catch((problem) => {
      if (problem.status !== 404) throw problem;
      return null;
    });
    if (kept?.result) return kept;
    find(this, ".sentence").textContent = "The server has forgotten this; it is computed again …";
    return this.api.perform(task);
  }

  /** @param {string} run @param {string} sentence */
  #drawWhole(run, sentence) {
    Object.assign(find(this, ".whole", HTMLImageElement), { src: this.api.pictureURL(run), alt: sentence });
    find(this, ".sentence").textContent = sentence;
  }

  /** @param {import("../api.js").Result} result @param {Record<string, import("../wire.js").Tensor>} arrays */
  #draw({ scale, signed, sentence, prediction, target }, { values, image }) {
    const [height, width] = values.shape;
    const map = find(this, "heat-map", HeatMap);
    map.style.aspectRatio = `${width} / ${height}`;
    map.data = { values: /** @type {Float32Array} */ (values.data), width, height, scale, signed, sentence: `${this.pin?.title}. ${sentence}`, image: { pixels: /** @type {Float32Array} */ (image.data), channels: image.shape[0] } };
    find(this, "colour-legend", ColourLegend).data = scale ? { scale, signed } : null;
    find(this, ".sentence").textContent = sentence;
    const { task } = /** @type {Pin} */ (this.pin);
    const first = prediction.reduce((top, guess) => (guess.score > top.score ? guess : top));
    const versus = target.versus === null ? "" : `-${target.versus}`;
    const link = format("explain", { model: task.model, img: task.image, x: formatRecipe(task.method, task.settings ?? {}), t: `${target.class}${versus}` });
    const settings = Object.entries(task.settings ?? {}).filter(([, value]) => value !== null).map(([key, value]) => `${key} ${value}`).join(", ");
    find(this, ".about").replaceChildren(`${name(task.image)} · ${task.model} predicts ${first.label} (${percent(first.score)})${settings && ` · ${settings}`}`, html`<span class="open"> · <a href="${link}">open</a></span>`);
  }

  /** @param {string} words */
  #tellTrouble(words) {
    const place = find(this, ".trouble");
    place.hidden = !words;
    place.replaceChildren(words, ...(words ? [" ", html`<button type="button" @click=${() => this.pin && this.#load(this.pin)}>Try again</button>`] : []));
    if (words) find(this, ".sentence").textContent = "";
  }

  #later() {
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => this.#tell(), PAUSE);
  }

  #tell() {
    clearTimeout(this.#timer);
    if (this.#note.value !== this.pin?.note) this.#say("note", { note: this.#note.value });
  }

  /** @param {string} type @param {unknown} [detail] */
  #say(type, detail) {
    this.dispatchEvent(new CustomEvent(type, { bubbles: true, detail }));
  }
}

customElements.define("report-item", ReportItem);
