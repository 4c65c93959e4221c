// @ts-check
/** "Now fool it" on the Draw screen: four ways, each in place on the drawing and with a sentence of what happened. Fetched when there is something to fool. */

import { find, html, stylesheet } from "../html.js";
import { fitting, shown, strongest } from "../erased.js";
import { moved, numbersOf } from "../strokes.js";
import { inkEncode } from "../wire.js";
import { align } from "../elements/align.js";
import { MakingBar } from "../elements/making-bar.js";
import { percent } from "../elements/probability-bars.js";
import { erase } from "./fool-erase-run.js";

/** @typedef {import("../elements/sketch-pad.js").SketchPad} SketchPad */
/** @typedef {{ seen: Uint8Array, order: number[] }} Guess */
/** @typedef {{ pixels: Uint8Array, what: string, frames?: Uint8Array, class?: number } | string} Fooled what is on the canvas now and how that came; or why nothing is */

const SECOND = 1000;
const HALF = 0.5;
const THREE = 3;
const FEW = 12; // pixels of nonsense

export class DrawFool {
  /** @type {import("../app.js").App} */
  #app;
  /** @type {SketchPad} */
  #pad;
  /** @type {() => { ink: string, centre: boolean }} */
  #now;
  /** @type {(ink: string) => Promise<unknown>} */
  #put;
  /** @type {() => unknown} */
  #ask;
  /** The model has seen the drawing as it is now. */
  #fresh = false;
  /** What shall be done as soon as it has. @type {(() => Promise<Fooled>) | null} */
  #wanted = null;
  /** Which drawings are seen centred: what is made here is not, and undoing it brings that back too. @type {Map<string, boolean>} */
  #centred = new Map();
  /** @type {Guess | null} */
  #guess = null;
  #about = { target: 0, nonsense: 0, rival: 0 };
  /** @type {AbortController | null} */
  #work = null;
  #said = "";
  #bar = new MakingBar();
  #buttons = {
    half: html`<button type="button" @click=${() => this.#do(() => this.#half())}>Erase the weakest half</button>`,
    three: html`<button type="button" @click=${() => this.#do(() => this.#three())}>Keep only 3 strokes</button>`,
    nonsense: html`<button type="button" @click=${() => this.#for(this.#about.nonsense, (of) => this.#nonsense(of))}></button>`,
    rival: html`<button type="button" @click=${() => this.#for(this.#about.rival, (of) => this.#rival(of))}></button>`,
  };

  /** @param {import("../app.js").App} app @param {SketchPad} pad @param {HTMLElement} place
   *  @param {{ now: () => { ink: string, centre: boolean }, put: (ink: string) => Promise<unknown>, ask: () => unknown }} page what is drawn; to draw a picture that shall be seen as it is; to have the model look */
  constructor(app, pad, place, { now, put, ask }) {
    [this.#app, this.#pad, this.#now, this.#put, this.#ask] = [app, pad, now, put, ask];
    stylesheet("fool-making.css");
    this.place = place;
    place.replaceChildren(html`<h2>Now fool it</h2>`, html`<div class="row">${Object.values(this.#buttons)}${this.#bar}</div>`, html`<p class="outcome" role="status"></p>`);
    this.#bar.addEventListener("cancel", () => this.stop());
    pad.addEventListener("ink", () => (this.#fresh = false));
  }

  /** What the model makes of the drawing, the pen at rest. @param {Guess} guess */
  show(guess) {
    const { labels, input: { channels, width, height } } = this.#model;
    this.place.hidden = channels !== 1 || width !== height; // what is made comes back as ink
    if (this.place.hidden) return;
    this.#guess = guess;
    this.#about = { target: guess.order[0], rival: guess.order[1], nonsense: guess.order.at(-1) ?? 0 };
    this.#buttons.nonsense.textContent = `Make nonsense it calls “${labels[this.#about.nonsense]}”`;
    this.#buttons.rival.textContent = `Change to “${labels[this.#about.rival]}”`;
    this.#fresh = true;
    if (this.#wanted) this.#do(this.#wanted);
  }

  /** The drawing is another one now: what is under way, and what was said, is of an old one. Gives whether it is seen centred, if that is known. @param {string} ink */
  drawn(ink) {
    if (ink !== this.#said) {
      this.stop();
      this.#tell("");
    }
    return this.#centred.get(ink);
  }

  stop() {
    this.#work?.abort();
    this.#work = this.#wanted = null;
    this.#busy(false);
  }

  get #model() { return /** @type {import("../api.js").Model} */ (this.#app.model); }
  get #hooks() {
    const work = /** @type {AbortController} */ (this.#work);
    return { signal: work.signal, progress: (/** @type {import("../api.js").Progress} */ progress) => work === this.#work && (this.#bar.data = progress) };
  }

  /** @param {() => Promise<Fooled>} way */
  async #do(way) {
    this.#wanted = this.#fresh ? null : way;
    const guess = this.#guess;
    if (!guess || this.#work) return;
    if (this.#wanted) return void this.#ask();
    const work = (this.#work = new AbortController());
    this.#busy(true);
    this.#tell("");
    try {
      const found = await way();
      if (work !== this.#work) return;
      if (typeof found === "string") return this.#tell(found);
      const [before, after] = await this.#scores([guess.seen, found.pixels]);
      if (work !== this.#work) return;
      if (found.frames) await this.#film(found.frames);
      const { ink, centre } = this.#now();
      this.#said = await inkEncode(found.pixels);
      this.#centred.set(ink, centre).set(this.#said, false);
      await this.#put(this.#said);
      this.#tell(`${found.what} ${this.#verdict(before, after, found.class)} Undo brings your drawing back.`);
    } catch (problem) {
      if (work === this.#work) this.#tell(/** @type {Error} */ (problem).message);
    } finally {
      if (work === this.#work) this.stop();
    }
  }

  async #half() {
    const small = this.#pad.width * this.#pad.height <= 32 * 32;
    const { cut } = await erase(this.#app.api, await this.#erasing(small ? "pixels" : "superpixels"), this.#hooks);
    const keep = fitting(cut, HALF);
    if (!keep) return "There is too little ink to take half of it away.";
    return { pixels: bytes(shown(cut, strongest(cut, keep))), what: "The half of the ink that mattered least is gone." };
  }

  async #three() {
    const { width, height } = this.#pad;
    const { seen } = /** @type {Guess} */ (this.#guess);
    const drawn = numbersOf(this.#pad.strokes, this.#pad.pixels, width, height);
    const numbers = moved(drawn, align(this.#pad.pixels, seen, width, height), width, height);
    const parts = numbers.some(Boolean) ? { parts: `ink:${await inkEncode(numbers)}` } : {}; // what was not drawn here is cut by its middle lines
    const { cut } = await erase(this.#app.api, { ...(await this.#erasing("strokes")), ...parts }, this.#hooks);
    const { length } = cut.sequence;
    if (length <= THREE) return `It has only ${length} ${length === 1 ? "stroke" : "strokes"}; there is none to take away.`;
    return { pixels: bytes(shown(cut, strongest(cut, THREE))), what: `The three strokes that matter most are left of ${length}.` };
  }

  /** The class that the button named, whatever the model says by then. @param {number} index @param {(of: number) => Promise<Fooled>} way */
  #for = (index, way) => this.#do(() => way(index));

  /** @param {number} nonsense */
  async #nonsense(nonsense) {
    const { name, labels } = this.#model;
    const task = { kind: "nonsense", model: name, target: nonsense, settings: { form: "pixels", amount: FEW } };
    const { id } = await this.#app.api.perform(/** @type {any} */ (task), this.#hooks);
    const { arrays: { image, frames } } = await this.#app.api.arrays(id, ["image", "frames"]);
    const pixels = bytes(/** @type {Float32Array} */ (image.data));
    const lit = pixels.filter(Boolean).length;
    return { pixels, frames: /** @type {Uint8Array} */ (frames.data), class: nonsense, what: `${lit} lit ${lit === 1 ? "pixel" : "pixels"} that mean nothing, made for “${labels[nonsense]}”.` };
  }

  /** @param {number} rival */
  async #rival(rival) {
    const label = this.#about.target;
    if (label === rival) return `It says “${this.#model.labels[rival]}” already.`;
    const { name, labels } = this.#model;
    const task = { kind: "attack", model: name, image: await this.#image(), method: "fewest-pixels", settings: { pixels: 60 }, label, target: rival };
    const { id, result } = await this.#app.api.perform(/** @type {any} */ (task), this.#hooks);
    if (!(/** @type {any} */ (result).success)) return `Sixty pixels were not enough to make it say “${labels[rival]}”: not fooled.`;
    const { arrays } = await this.#app.api.arrays(id, ["adversarial"]);
    const pixels = bytes(/** @type {Float32Array} */ (arrays.adversarial.data));
    const { seen } = /** @type {Guess} */ (this.#guess);
    const changed = pixels.reduce((sum, value, at) => sum + Number(value !== seen[at]), 0);
    return { pixels, class: rival, what: `${changed} ${changed === 1 ? "pixel was" : "pixels were"} changed, and none of these can go back.` };
  }

  /** @param {string} pieces */
  async #erasing(pieces) {
    return { kind: "erase", model: this.#model.name, image: await this.#image(), target: this.#about.target, settings: { pieces } };
  }

  /** The drawing as the model saw it. */
  async #image() { return `ink:${await inkEncode(/** @type {Guess} */ (this.#guess).seen)}`; }

  /** How sure of every class. @param {Uint8Array[]} pictures */
  async #scores(pictures) {
    const { name, labels, input: { channels, height, width } } = this.#model;
    const given = pictures.map((pixels) => ({ pixels: Float32Array.from(pixels, (value) => value / 255), shape: [channels, height, width] }));
    const { predictions } = await this.#app.api.predict(name, given, labels.length);
    return predictions.map((guesses) => ({ top: guesses[0], of: (/** @type {number} */ index) => guesses.find((guess) => guess.index === index)?.score ?? 0 }));
  }

  /** @typedef {{ top: import("../api.js").Guess, of: (index: number) => number }} Scores */
  /** @param {Scores} before @param {Scores} after @param {number} [made] the class it was made for */
  #verdict(before, after, made) {
    const { labels } = this.#model;
    const target = this.#about.target;
    const is = `“${after.top.label}”, ${percent(after.top.score)}`;
    if (made !== undefined) return after.top.index === made ? `The model says ${is}.` : `As 8-bit pixels the model says ${is}: not fooled.`;
    if (after.top.index !== target) return `Now the model says ${is}; it was “${labels[target]}”, ${percent(before.of(target))}.`;
    return `Still “${labels[target]}”: ${percent(before.of(target))} before, ${percent(after.of(target))} now.`;
  }

  /** The climb on the canvas, for those who do not mind movement. @param {Uint8Array} frames */
  async #film(frames) {
    if (matchMedia("(prefers-reduced-motion: reduce)").matches) return;
    const size = this.#pad.width * this.#pad.height;
    const count = frames.length / size;
    for (let at = 0; at < count; at++) {
      this.#pad.glimpse(frames.subarray(at * size, (at + 1) * size));
      await new Promise((resolve) => setTimeout(resolve, SECOND / count));
    }
  }

  /** @param {string} text */
  #tell(text) {
    find(this.place, ".outcome").textContent = text;
  }

  /** @param {boolean} busy */
  #busy(busy) {
    for (const button of Object.values(this.#buttons)) /** @type {HTMLButtonElement} */ (button).disabled = busy;
    this.#bar.data = busy ? {} : null;
  }
}

/** @param {Float32Array} values 0…1 */
const bytes = (values) => Uint8Array.from(values, (value) => Math.round(255 * value));
