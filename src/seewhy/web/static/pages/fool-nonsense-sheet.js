// @ts-check
/** The sheet of nonsense: one run for each class, in their turn, filled as they end. Knows the screen it is on. */

import { find, on } from "../html.js";
import { ClassSheet } from "../elements/class-sheet.js";
import { MakingBar } from "../elements/making-bar.js";
import { classesOf, guardWords, make } from "./fool-nonsense-run.js";

/** @typedef {import("./fool-nonsense-run.js").Made} Made */

export class Sheet {
  #screen;
  #place;
  #asked = "";
  /** @type {AbortController | null} */
  #doing = null;
  #done = 0;

  /** @param {import("./fool-tabs.js").Screen} screen @param {HTMLElement} place @param {(index: number) => unknown} open */
  constructor(screen, place, open) {
    this.#screen = screen;
    this.#place = place;
    on(find(place, "class-sheet"), "open", ({ index }) => open(index));
    on(find(place, "making-bar"), "cancel", () => (this.stop(), screen.say("Stopped.")));
  }

  get #tiles() { return find(this.#place, "class-sheet", ClassSheet); }
  get #bar() { return find(this.#place, "making-bar", MakingBar); }

  /** @param {number | null} index */
  set chosen(index) { this.#tiles.chosen = index; }

  stop() {
    this.#doing?.abort();
    this.#doing = null;
    this.#bar.data = null;
    if (this.#done >= 0) this.#asked = "";
  }

  /** Null hides it. @param {{ of: number } | null} wish @param {(of: number) => object} task @param {import("../api.js").Model} model */
  show(wish, task, model) {
    this.#place.hidden = !wish;
    if (!wish) return this.stop();
    const classes = classesOf(model.labels, wish.of);
    const asked = JSON.stringify([classes, task(0)]);
    if (asked === this.#asked) return;
    this.stop();
    this.#asked = asked;
    this.#tiles.classes = classes.map((index) => ({ index, label: model.labels[index] }));
    this.#work(classes, task, model);
  }

  /** @param {number[]} classes @param {(of: number) => object} task @param {import("../api.js").Model} model */
  async #work(classes, task, model) {
    const doing = (this.#doing = new AbortController());
    const mine = () => doing === this.#doing;
    /** @type {Made[]} */
    const all = [];
    this.#done = 0;
    find(this.#place, "h2").textContent = classes.length === model.labels.length ? `All ${classes.length} classes` : `${classes.length} of ${model.labels.length} classes`;
    find(this.#place, ".sum").textContent = "";
    this.#bar.data = {};
    await Promise.all(classes.map(async (index) => {
      this.#tiles.show(index, null);
      try {
        const made = await make(this.#screen.api, task(index), { signal: doing.signal, progress: ({ done, total }) => mine() && this.#tiles.show(index, { progress: total ? done / total : 0 }) });
        if (!mine()) return;
        all.push(made);
        const { facts, frames, shape } = made;
        const size = shape.reduce((a, b) => a * b, 1);
        const guard = guardWords(facts);
        const note = [!facts.accepted && "less sure than asked for", guard.good === false && "it may mean something"].filter(Boolean).join(", ");
        this.#tiles.show(index, { pixels: frames.subarray(frames.length - size), shape, score: facts.score, good: facts.accepted && guard.good !== false, note });
      } catch (problem) {
        if (mine()) this.#tiles.show(index, { trouble: /** @type {Error} */ (problem).message });
      }
      if (mine()) this.#bar.data = { done: ++this.#done, total: classes.length, stage: "made", eta_s: null };
    }));
    if (!mine()) return;
    this.#doing = null;
    this.#done = -1; // all there: the same sheet need not be asked for again
    this.#bar.data = null;
    const sure = all.filter(({ facts, }) => facts.accepted);
    const holes = sure.filter(({ facts }) => guardWords(facts).good !== false);
    const words = `${sure.length} of ${classes.length} classes have nonsense that the model is sure about${holes.length < sure.length ? `; ${sure.length - holes.length} of these may mean something` : ""}. Choose one to see how it came about.`;
    find(this.#place, ".sum").textContent = words;
    this.#screen.say(words);
  }
}
