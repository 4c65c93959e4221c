// @ts-check
/** One cell of the grid: a task, its run, its map, and what can be done with it. Knows the API through the shell it is given. */

import { find, html } from "../html.js";
import { ColourLegend, signed } from "../elements/colour-legend.js";
import { HeatMap } from "../elements/heat-map.js";
import { menuWays } from "../elements/menu-ways.js";
import { ProgressRing } from "../elements/progress-ring.js";
import { ShareMenu } from "../elements/share-menu.js";
import { TrustMark } from "../elements/trust-mark.js";
import { checkIt } from "./explain-check.js";
import { moved } from "./explain-keys.js";
import { notRun, refused, trouble, warnings, working } from "./explain-over.js";
import { quality, seconds, soFar } from "./explain-words.js";

/** @typedef {import("../api.js").Task} Task */
/** @typedef {import("../api.js").Result} Result */
/** @typedef {{ values: Float32Array, width: number, height: number, image: { pixels: Float32Array, channels: number } }} Map */
/** @typedef {{ title: string, row: string, by: string, task: Task | null, refusal: string }} Asked by: the model, where there are several; without a task the refusal says why */
/** @typedef {"idle" | "running" | "done" | "failed" | "cancelled"} State */

/** Events: "settled" when a run has ended in any way, "chosen" when somebody attends to this cell, "remove" to drop its method. */
export class ExplainCell extends HTMLElement {
  /** Set by who makes it. @type {import("../app.js").App} */
  app = /** @type {any} */ (null);
  /** What the ⋯ offers. @type {() => Promise<import("../elements/share-menu.js").MenuItem[]>} */
  menuItems = async () => [];
  /** @type {State} */
  state = "idle";
  /** @type {Result | null} */
  result = null;
  /** @type {Map | null} */
  map = null;
  /** The run behind the map. */
  run = "";
  /** @type {Asked | null} */
  #asked = null;
  #key = "";
  /** @type {AbortController | null} */
  #control = null;
  /** @type {AbortController | null} */
  #stopping = null;
  /** @type {Promise<void> | null} */
  #peeking = null;
  /** @type {Map["image"] | null} */
  #picture = null;
  #scale = 1;
  #body = html`<div class="cell">
    <button type="button" class="title quiet"></button>
    <div class="frame"><heat-map tabindex="0"></heat-map><output class="probe small" hidden></output><div class="over"></div><button type="button" class="pin" aria-pressed="false" hidden>Pin</button></div>
    <div class="facts small dim"><span class="time"></span><span class="check"></span></div>
    <div class="belief small" hidden><trust-mark></trust-mark><button type="button" class="check-it quiet">Check it</button></div>
    <div class="warned"></div>
    <colour-legend></colour-legend>
  </div>`;
  #menu = html`<share-menu class="menu" label="⋯"></share-menu>`;
  #ring = html`<progress-ring></progress-ring>`;

  connectedCallback() {
    if (this.#body.isConnected) return;
    this.append(this.#body, this.#menu);
    this.setAttribute("role", "cell");
    const menu = /** @type {ShareMenu} */ (this.#menu);
    menu.items = () => this.menuItems();
    menuWays(this, menu);
    find(this, ".pin").addEventListener("click", () => this.dispatchEvent(new CustomEvent("pin", { bubbles: true })));
    find(this, ".check-it").addEventListener("click", () => this.#asked?.task && checkIt(this.app, this.#asked.task, this.name));
    find(this, ".title").addEventListener("click", () => this.dispatchEvent(new CustomEvent("chosen", { bubbles: true })));
    this.addEventListener("keydown", this.#keys);
    this.addEventListener("pointerdown", () => this.dispatchEvent(new CustomEvent("chosen", { bubbles: true })));
    this.#name();
  }

  get heat() { return find(this.#body, "heat-map", HeatMap); }
  get legend() { return find(this.#body, "colour-legend", ColourLegend); }
  get asked() { return this.#asked; }
  get busy() { return this.state === "running"; }

  /** A new question starts a run, unless it is the one that is answered here. @param {Asked} asked @param {boolean} go */
  ask(asked, go = true) {
    const key = JSON.stringify(asked.task ?? asked.refusal);
    const same = key === this.#key && this.state !== "idle";
    const moved = this.#asked?.task?.image !== asked.task?.image;
    this.#asked = asked;
    this.#key = key;
    this.#name();
    if (moved) this.#picture = null;
    if (same) return;
    this.cancel();
    if (!asked.task) this.#refuse(asked.refusal);
    else if (go) this.start();
    else this.#rest();
  }

  /** Runs what is asked; also "Retry". @param {boolean} [again] the server may have forgotten a run, once @returns {Promise<void>} */
  async start(again = false) {
    const task = this.#asked?.task;
    if (!task) return;
    const control = (this.#control = new AbortController());
    const current = () => this.#control === control;
    this.#enter("running");
    try {
      const run = await this.app.api.perform(task, {
        signal: control.signal,
        started: ({ id }) => current() && ((this.run = id), this.#showRing(null)),
        progress: (progress) => current() && this.#showRing(progress),
        partial: (id) => void (current() && this.#stopping !== control && (this.#peeking = this.#peek(id, current))),
      });
      const { arrays } = await this.app.api.arrays(run.id, ["values", "image"]);
      if (current() && run.result) this.#done(run.id, run.result, arrays);
    } catch (problem) {
      if (current() && /** @type {any} */ (problem).status === 404 && this.busy && !again) return this.start(true);
      if (current()) this.#failed(/** @type {import("../api.js").Problem} */ (problem));
    }
    if (current()) this.dispatchEvent(new CustomEvent("settled", { bubbles: true }));
  }

  /** Stops the run, once a look at its map so far has come back: the server has none of a cancelled run. */
  async cancel() {
    const control = this.#control;
    this.#stopping = control;
    await this.#peeking;
    control?.abort();
  }

  /** Forgets the run without stopping it: the screen is left, the answer is kept by the server. */
  forget() {
    this.#control = null;
  }

  /** @param {number} scale what full colour means @param {import("./explain-state.js").View} view @param {boolean} bare the picture alone */
  look(scale, view, bare) {
    this.#scale = scale;
    const { heat } = this;
    Object.assign(heat, { view: view.view, strength: view.strength, keep: view.keep, marks: view.marks && !bare, opacity: bare ? 0 : view.opacity });
    if (bare && view.view === "mask") heat.view = "map";
    if (heat.data && heat.data.scale !== scale) heat.data = { ...heat.data, scale };
    this.legend.data = this.result ? { scale: scale / view.strength, signed: this.result.signed } : null;
  }

  /** @param {boolean} kept */
  set pinned(kept) {
    const [hidden, label] = [this.state !== "done", kept ? "Pinned" : "Pin"];
    Object.assign(find(this.#body, ".pin"), { hidden, textContent: label, ariaPressed: String(kept), ariaLabel: `${kept ? "Unpin" : "Pin"} ${this.name}` });
  }

  /** @param {{ x: number, y: number } | null} at */
  set crosshair(at) {
    const { data } = this.heat;
    const output = find(this.#body, ".probe");
    output.hidden = !at || !data;
    this.heat.crosshair = at;
    if (at && data) output.textContent = signed(data.values[at.y * data.width + at.x], 3);
  }

  /** @param {State} state @param {(Node | string)[]} over what lies over the map */
  #enter(state, ...over) {
    this.state = state;
    this.dataset.state = state;
    this.toggleAttribute("aria-busy", state === "running");
    find(this.#body, ".over").replaceChildren(...over);
    find(this.#body, ".warned").replaceChildren();
  }

  #rest() {
    this.#control = null;
    this.#clear();
    this.#enter("idle", ...notRun(() => this.start()));
  }

  /** The question makes no sense here, and the sentence says why. @param {string} refusal */
  #refuse(refusal) {
    this.#control = null;
    this.#clear();
    this.#enter("failed", refused(refusal));
  }

  /** @param {import("../api.js").Progress | null} progress */
  #showRing(progress) {
    const ring = /** @type {ProgressRing} */ (this.#ring);
    ring.data = progress;
    if (ring.isConnected) return;
    this.#enter("running", working(ring, this.name, () => this.cancel()));
  }

  /** @param {string} id @param {() => boolean} current */
  async #peek(id, current) {
    const part = await this.app.api.partial(id).catch(() => null);
    const values = part?.arrays.values;
    if (!values || !current() || !this.busy) return;
    const [height, width] = values.shape;
    const numbers = /** @type {Float32Array} */ (values.data).map((value) => (Number.isFinite(value) ? value : 0));
    const most = numbers.reduce((top, value) => Math.max(top, Math.abs(value)), 0);
    this.result = null;
    this.dataset.partial = part.metadata.version;
    find(this.#body, ".check").textContent = soFar(part.metadata);
    find(this.#body, ".time").textContent = "";
    this.heat.data = { values: numbers, width, height, scale: most || 1, sentence: `${this.name}: unfinished map`, image: this.#picture ?? undefined };
  }

  /** @param {string} id @param {Result} result @param {Record<string, import("../wire.js").Tensor>} arrays */
  #done(id, result, { values, image }) {
    const [height, width] = values.shape;
    this.run = id;
    this.result = result;
    this.#picture = { pixels: /** @type {Float32Array} */ (image.data), channels: image.shape[0] };
    this.map = { values: /** @type {Float32Array} */ (values.data), width, height, image: this.#picture };
    const told = warnings(result.notes.warnings ?? []);
    this.#enter("done", ...(result.max ? [] : told)); // a map of nothing is a sentence, not a grey square
    if (result.max) find(this.#body, ".warned").replaceChildren(...told);
    const { heat } = this;
    find(this.#body, ".frame").style.aspectRatio = heat.style.aspectRatio = `${width} / ${height}`;
    heat.data = { ...this.map, scale: this.#scale, signed: result.signed, sentence: `${this.name}. ${result.sentence}` };
    find(this, ".time").textContent = seconds(result.seconds);
    const { text, wrong, hint } = quality(result);
    find(this, "trust-mark", TrustMark).data = result.notes.trust;
    find(this, ".belief").hidden = false;
    find(this, ".check").replaceChildren(html`<span class="${wrong ? "warn" : ""}" title="${hint}">${text}</span>`);
  }

  /** @param {import("../api.js").Problem} problem */
  #failed(problem) {
    this.#clear();
    if (problem.status === 0) this.#key = ""; // nobody was there: asked again when somebody is
    const drop = () => this.dispatchEvent(new CustomEvent("remove", { bubbles: true }));
    this.#enter(problem.title === "cancelled" ? "cancelled" : "failed", ...trouble(problem, { again: () => this.start(), drop }));
  }

  #clear() {
    this.result = this.map = this.heat.data = null;
    this.heat.setAttribute("aria-label", `${this.name}: no map`);
    for (const canvas of this.heat.querySelectorAll("canvas")) canvas.width = canvas.height = 1;
    find(this.#body, ".time").textContent = find(this.#body, ".check").textContent = "";
    find(this.#body, ".belief").hidden = true;
  }

  /** What is asked, in words. */
  get name() {
    const { title, row, by } = this.#asked ?? {};
    return title ? `${title}, why ${row}${by && `, by ${by}`}` : "";
  }

  #name() {
    find(this.#body, ".title").textContent = this.#asked?.title ?? "";
    if (!this.result) this.heat.setAttribute("aria-label", `${this.name}: no map yet`);
    find(this.#body, ".check-it").setAttribute("aria-label", `Check ${this.name}`);
    this.#menu.querySelector("button")?.setAttribute("aria-label", `Menu for ${this.name}`);
  }

  /** Arrows on the map move the cross-hair. @param {KeyboardEvent} event */
  #keys = (event) => {
    const { data, crosshair } = this.heat;
    const at = event.target === this.heat && data && moved(event.key, data, crosshair);
    if (at === false || at === undefined || !data) return;
    event.preventDefault();
    event.stopPropagation();
    const detail = at && { ...at, value: data.values[at.y * data.width + at.x] };
    this.heat.dispatchEvent(new CustomEvent("probe", { bubbles: true, detail }));
  };
}

customElements.define("explain-cell", ExplainCell);
