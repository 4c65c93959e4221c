// @ts-check
/** Fool › Erase: how little of a picture is enough. A slider over what goes first, the least that was found, and pieces to switch by hand. */

import { find, html, on, stylesheet } from "../html.js";
import { Live } from "../live.js";
import { oneOf } from "../route.js";
import { count, fitting, left, strongest } from "../erased.js";
import { EraseBoard } from "../elements/erase-board.js";
import { LineChart } from "../elements/line-chart.js";
import { PieceList } from "../elements/piece-list.js";
import { percent } from "../elements/probability-bars.js";
import { MakingBar } from "../elements/making-bar.js";
import { addressOf, drawable, openDraw, openExplain, runItems } from "./fool-take.js";
import { erase, taskOf } from "./fool-erase-run.js";
import { BACKGROUNDS, KINDS, chartOf, hidden, least, plural, readout } from "./fool-erase-words.js";

/** @typedef {import("./fool-tabs.js").Screen} Screen */
/** @typedef {import("./fool-tabs.js").FoolState} FoolState */
/** @typedef {import("../erased.js").Cut} Cut */

const FEW = 60; // pieces that are worth a switch each
const SMALL = 64 * 64; // pixels: of such a picture the pieces are found without being asked

/** Of the tab's own keys in the link. @type {Record<string, import("../route.js").Rule>} */
export const rules = {
  pieces: oneOf(Object.keys(KINDS)),
  sure: (raw) => (/^\d{1,2}$/.test(raw) && +raw >= 1 ? +raw : undefined),
  ground: oneOf(BACKGROUNDS),
  keep: (raw) => (raw === "least" ? raw : /^\d{1,6}$/.test(raw) ? +raw : undefined),
  off: hidden,
};

class EraseTab {
  #screen;
  #live = new Live();
  /** What was asked last, and what was found. */
  #asked = "";
  /** @type {AbortController | null} */
  #doing = null;
  #asking = Promise.resolve();
  /** @type {import("../api.js").Run | null} */
  #run = null;
  /** @type {Cut | null} */
  #cut = null;
  /** @type {Uint8Array} */
  #alive = new Uint8Array();
  /** @type {Uint8Array} the pieces of the least that was found */
  #least = new Uint8Array();
  element = html`<div class="erase making">
    <section class="card ask" aria-label="What to erase">
      <div class="row asks">
        <label class="choice"><span class="small dim">in pieces of</span><select name="pieces" @change=${() => this.#choose({ pieces: this.#value("pieces") })}>${Object.entries(KINDS).map(([name, { title }]) => html`<option value="${name}">${title}</option>`)}</select></label>
        <label class="choice"><span class="small dim">gone is</span><select name="ground" @change=${() => this.#choose({ ground: this.#value("ground") })}>${BACKGROUNDS.map((name) => html`<option>${name}</option>`)}</select></label>
        <label class="choice"><span class="small dim">stays ≥</span><input type="number" name="sure" min="1" max="99" step="1" @change=${() => this.#choose({ sure: this.#sure(), keep: "least" })}><span>%</span></label>
        <button type="button" class="primary find" @click=${() => this.#find()}></button>
        <making-bar></making-bar>
      </div>
      <p class="note trouble" role="alert"></p>
    </section>
    <section class="card result" aria-label="What is left" hidden>
      <label class="field keep"><span>Keep</span><input type="range" name="keep" min="0" step="1" @input=${() => this.#slide()} @change=${() => this.#settle()}><output></output></label>
      <p class="verdict-line" aria-live="polite"></p>
      <div class="sides"><erase-board></erase-board><div class="facts"><line-chart></line-chart><div class="found-words"></div></div></div>
      <div class="pieces" hidden><h2></h2><piece-list></piece-list></div>
      <div class="row after"><button type="button" class="all" @click=${() => this.#choose({ keep: undefined, off: undefined })}>Keep all of it</button>
        <button type="button" class="to-draw" @click=${() => this.#open(openDraw)}>Open in Draw</button>
        <button type="button" class="to-explain" @click=${() => this.#open(openExplain)}>Explain what is left</button>
        <button type="button" class="hole" @click=${() => this.#file()}></button></div>
    </section>
  </div>`;

  /** @param {Screen} screen */
  constructor(screen) {
    this.#screen = screen;
    stylesheet("path.css");
    stylesheet("fool-making.css");
    on(find(this.element, "piece-list"), "piece", ({ piece }) => this.#toggle(piece));
    on(find(this.element, "piece-list"), "mark", ({ piece }) => (this.#board.marked = piece));
    on(this.#board, "piece", ({ piece }) => this.#toggle(piece));
    on(find(this.element, "line-chart"), "pick", ({ x }) => this.#pick(x));
    on(this.#bar, "cancel", () => (this.stop(), screen.say("Stopped.")));
    on(this.#live, "predict", ({ probabilities }) => this.#said(probabilities));
    on(this.#live, "problem", ({ detail }) => screen.say(detail ?? "", "bad"));
  }

  get #board() { return find(this.element, "erase-board", EraseBoard); }
  get #bar() { return find(this.element, "making-bar", MakingBar); }
  get #slider() { return find(this.element, "[name=keep]", HTMLInputElement); }
  get #state() { return /** @type {FoolState} */ (this.#screen.state); }
  get #target() { return this.#state.asked ?? this.#state.seen?.top.index ?? 0; }
  get #label() { return this.#state.model.labels[this.#target]; }
  get #choosable() { return Boolean(this.#cut && this.#run?.result && KINDS[this.#kind].few && this.#cut.drops.length <= FEW); }
  get #kind() { return this.#task.settings.pieces; }

  get #task() { return taskOf(this.#state, this.#target); }

  /** @param {FoolState} state */
  async show(state) {
    const { settings } = this.#task;
    for (const name of /** @type {const} */ (["pieces", "ground"])) find(this.element, `[name=${name}]`, HTMLSelectElement).value = String(name === "ground" ? settings.background : settings.pieces);
    const strokes = find(this.element, "option[value=strokes]", HTMLOptionElement);
    strokes.hidden = strokes.disabled = state.model.input.channels !== 1;
    find(this.element, "[name=sure]", HTMLInputElement).value = String(Math.round(100 * settings.confidence));
    find(this.element, ".find").textContent = `Find the least that stays ≥ ${Math.round(100 * settings.confidence)} %`;
    const asked = JSON.stringify(this.#task);
    if (asked !== this.#asked) {
      this.stop();
      this.#asked = asked;
      this.#cut = this.#run = null;
      find(this.element, ".result").classList.add("stale");
      const wanted = state.own.keep !== undefined || state.own.off !== undefined || state.model.input.width * state.model.input.height <= SMALL;
      if (!wanted) find(this.element, ".result").hidden = true;
      else this.#asking = this.#ask(); // nobody waits for it here: the screen is there, its answer comes
    } else this.#place();
  }

  stop() {
    this.#doing?.abort();
    this.#doing = null;
    this.#live.close();
    this.#bar.data = null;
    if (!this.#cut) this.#asked = "";
  }

  /** @type {import("../keys.js").Table} */
  shortcuts = { Enter: ["Find the least", () => this.#find()] };
  shareItems = () => (this.#run?.result ? runItems(this.#screen.app, { id: this.#run.id, task: this.#run.task, facts: /** @type {any} */ (this.#run.result) }, "least-evidence") : []);

  async #ask() {
    const task = this.#task;
    const doing = (this.#doing = new AbortController());
    const trouble = find(this.element, ".trouble");
    trouble.textContent = "";
    this.#bar.data = { stage: "erasing" };
    try {
      const { run, cut, least } = await erase(this.#screen.api, task, { signal: doing.signal, progress: (progress) => doing === this.#doing && (this.#bar.data = progress) });
      if (doing !== this.#doing) return;
      [this.#run, this.#cut, this.#least] = [run, cut, least];
      this.#found();
    } catch (problem) {
      if (doing !== this.#doing) return;
      trouble.textContent = /** @type {Error} */ (problem).message;
    } finally {
      if (doing === this.#doing) {
        this.#doing = null;
        this.#bar.data = null;
      }
    }
  }

  /** There is a new cut: all that does not depend on what is kept. */
  #found() {
    const cut = /** @type {Cut} */ (this.#cut);
    const result = /** @type {any} */ (this.#run?.result);
    const area = find(this.element, ".result");
    area.hidden = false;
    area.classList.remove("stale");
    this.#slider.max = String(cut.sequence.length);
    this.#board.choosable = this.#choosable;
    this.#board.cut = cut;
    find(this.element, "line-chart", LineChart).data = chartOf(result.curves, this.#label);
    find(this.element, ".found-words").replaceChildren(...least(result, KINDS[this.#kind]));
    find(this.element, ".pieces").hidden = !this.#choosable;
    find(this.element, ".pieces h2").textContent = `The ${plural(KINDS[this.#kind])}: ✓ stays, ✗ is gone; beside it what “${this.#label}” loses without that one alone`;
    find(this.element, ".to-draw").hidden = !drawable(this.#state.model);
    const filed = result.reached ? "Shows it, and files it under Browse › Holes" : "The model was not as sure of the whole picture, so what is left is no hole";
    Object.assign(find(this.element, ".hole", HTMLButtonElement), { disabled: !result.reached, textContent: "Keep the least as hole", title: filed });
    this.#live.configure({ model: this.#state.model.name, method: "", settings: {}, target: "argmax", centre: false });
    this.#live.open();
    this.#place();
  }

  /** What the link says about what stays. */
  #place() {
    if (!this.#cut) return;
    this.#live.open();
    const { keep, off } = this.#state.own;
    const all = this.#cut.sequence.length;
    if (off) {
      const gone = new Set(String(off).split(",").map((number) => Number(number) - 1));
      this.#keep(Uint8Array.from({ length: all }, (_, piece) => Number(!gone.has(piece))));
    } else this.#keep(keep === "least" ? this.#least : strongest(this.#cut, Math.min(all, keep ?? all)));
  }

  /** @param {Uint8Array} alive */
  #keep(alive) {
    const cut = /** @type {Cut} */ (this.#cut);
    this.#alive = alive;
    const { share } = left(cut, alive);
    const kept = count(alive);
    this.#slider.value = String(kept);
    this.#slider.setAttribute("aria-valuetext", `${kept} of ${alive.length} ${plural(KINDS[this.#kind])}, ${Math.round(100 * share)} percent`);
    find(this.element, ".keep output").textContent = `${Math.round(100 * share)} %`;
    this.#board.alive = alive;
    find(this.element, "line-chart", LineChart).at = share;
    if (this.#choosable) find(this.element, "piece-list", PieceList).data = { noun: KINDS[this.#kind].one, label: `Pieces of the picture`, drops: cut.drops, alive };
    this.#live.send(this.#board.pixels);
  }

  /** The model has looked at what is left. @param {Float32Array} probabilities */
  #said(probabilities) {
    if (!this.#cut) return;
    const { share } = left(this.#cut, this.#alive);
    const text = readout({ probabilities, target: this.#target, labels: this.#state.model.labels, share, kept: count(this.#alive), all: this.#alive.length, kind: KINDS[this.#kind], stuff: this.#cut.channels === 1 ? "ink" : "picture" });
    find(this.element, ".verdict-line").replaceChildren(...text.nodes);
    find(this.element, ".result").dataset.sure = String(probabilities[this.#target]);
    this.#board.names = { seen: `What the model sees: ${text.plain}`, gone: `The whole picture; ${percent(1 - share, 0)} of it is gone` };
  }

  /** Finds the least, or shows what was found. */
  async #find() {
    if (this.#doing) return;
    await this.#screen.go({ keep: "least", off: undefined });
    await this.#asking;
    const { sentence } = /** @type {any} */ (this.#run?.result ?? {});
    if (sentence) this.#screen.say(sentence);
  }

  #slide() {
    if (this.#cut) this.#keep(strongest(this.#cut, this.#slider.valueAsNumber));
  }

  /** The slider rests: the link says where. */
  #settle() {
    this.#screen.go({ keep: this.#slider.valueAsNumber, off: undefined }, true);
  }

  /** @param {number} share of the content */
  #pick(share) {
    if (!this.#cut) return;
    const keep = fitting(this.#cut, share);
    this.#keep(strongest(this.#cut, keep));
    this.#screen.go({ keep, off: undefined }, true);
  }

  /** @param {number} piece */
  #toggle(piece) {
    const alive = this.#alive.slice();
    alive[piece] = 1 - alive[piece];
    this.#keep(alive);
    const off = [...alive.keys()].filter((one) => !alive[one]).map((one) => one + 1).join(",");
    this.#screen.go({ keep: undefined, off: off || undefined }, true);
  }

  /** @param {Record<string, unknown>} changes */
  #choose(changes) {
    this.#screen.go("pieces" in changes || "ground" in changes ? { off: undefined, ...(typeof this.#state.own.keep === "number" && { keep: undefined }), ...changes } : changes);
  }

  /** What the search found is a hole, whatever is shown now; so it is shown. */
  async #file() {
    if (!this.#run) return;
    const hole = find(this.element, ".hole", HTMLButtonElement);
    hole.disabled = true;
    try {
      await this.#screen.go({ keep: "least", off: undefined });
      await this.#screen.api.keepHole(this.#run.id);
      hole.textContent = "Kept ✓";
      this.#screen.app.toast("Kept: Browse lists all holes.");
    } catch (problem) {
      hole.disabled = false;
      this.#screen.app.toast(/** @type {Error} */ (problem).message);
    }
  }

  /** @param {(app: import("../app.js").App, address: string) => unknown} where */
  async #open(where) {
    if (!this.#cut) return;
    try {
      where(this.#screen.app, await addressOf(this.#screen.app, this.#board.pixels, () => this.#board.png()));
    } catch (problem) {
      this.#screen.say(/** @type {Error} */ (problem).message, "bad");
    }
  }

  /** @param {string} name */
  #value = (name) => find(this.element, `[name=${name}]`, HTMLSelectElement).value;
  #sure = () => Math.max(1, Math.min(99, Math.round(find(this.element, "[name=sure]", HTMLInputElement).valueAsNumber) || 90));
}

/** @param {Screen} screen */
export default (screen) => new EraseTab(screen);
