// @ts-check
/** Fool › Nudge: every pixel moves a little in the direction an attack found, and the model is asked while the slider moves. */

import { Asking } from "../asking.js";
import { find, html, on } from "../html.js";
import { LineChart } from "../elements/line-chart.js";
import { NudgeEquation } from "../elements/nudge-equation.js";
import { ProbabilityBars, percent } from "../elements/probability-bars.js";
import { ProgressRing } from "../elements/progress-ring.js";
import { bothUnits, difference, norms, nudged, short } from "../nudging.js";
import { parseRecipe } from "../recipe.js";
import { oneOf, within } from "../route.js";
import { about, body } from "./fool-body.js";
import { Both } from "./fool-both.js";
import { curveOf, guessesAt } from "./fool-curve.js";
import { KeepRow } from "./fool-keep.js";
import { NudgeChoice, RANGES, TIMES, taskOf } from "./fool-nudge-choice.js";
import { pinRun, runItems } from "./fool-take.js";
import { belief, linear, now, outcome } from "./fool-words.js";

/** @typedef {import("./fool-tabs.js").Screen} Screen */
/** @typedef {import("./fool-tabs.js").FoolState} FoolState */
/** @typedef {import("./fool-words.js").Attacked} Attacked */
/** @typedef {{ id: string, facts: Attacked, x: Float32Array, direction: Float32Array, size: import("../elements/nudge-equation.js").Size, end: number, task: any }} Found an attack that came back; end: of the curve */

/** @type {Record<string, import("../route.js").Rule>} */
export const rules = { eps: within(0, 200), x: (text) => text, to: (text) => (RANGES.includes(Number(text)) ? Number(text) : undefined), k: oneOf(TIMES), both: (text) => text, of: oneOf(["true"]) };

/** @param {Screen} screen */
export default (screen) => new Nudge(screen);

class Nudge {
  #screen;
  /** @type {FoolState | null} */
  #state = null;
  /** What was asked last, as text. */
  #key = "";
  /** @type {Found | null} */
  #found = null;
  /** @type {AbortController | null} */
  #work = null;
  #eps = 0;
  #due = false;
  #asking;
  #both;
  #keep;
  #choice = new NudgeChoice();
  #equation = new NudgeEquation();
  #chart = new LineChart();
  #bars = new ProbabilityBars();
  #ring = new ProgressRing();
  #slider = /** @type {HTMLInputElement} */ (html`<input type="range" id="fool-eps" min="0">`);
  element = body({ equation: this.#equation, slider: this.#slider, chart: this.#chart, bars: this.#bars, ring: this.#ring, choice: this.#choice });

  /** @param {Screen} screen */
  constructor(screen) {
    this.#screen = screen;
    this.#asking = new Asking(screen.api, (...told) => this.#told(...told), (problem) => this.#failed(problem));
    this.#both = new Both(screen, find(this.element, ".both"), () => this.#address());
    this.#keep = new KeepRow(screen, "x′", () => this.#address());
    find(this.element, ".after-tools").append(this.#keep);
    this.#slider.addEventListener("input", () => this.#move(Number(this.#slider.value)));
    this.#slider.addEventListener("change", () => this.#both.follow());
    on(this.#chart, "pick", ({ x }) => this.#move(Math.round((320 * x) / this.#end) * (this.#end / 320)));
    this.#chart.addEventListener("pointerup", () => this.#both.follow());
    on(this.#choice, "choice", (changes) => screen.go({ eps: undefined, ...changes }));
    on(this.#equation, "middle", ({ value }) => (screen.go({ k: value === "direction" ? undefined : value }, true), this.#own("k", value), this.#draw()));
    on(this.#bars, "choose", ({ index }) => index !== this.#state?.label && screen.go({ goal: index, eps: undefined }));
    const blink = find(this.element, ".blink");
    blink.addEventListener("click", () => this.#blink(!this.#equation.bare));
    find(this.element, ".cancel").addEventListener("click", () => this.stop());
  }

  get #end() { return this.#found?.end ?? 1; }

  /** @param {FoolState} state */
  async show(state) {
    this.#state = state;
    const { model, own } = state;
    const methods = await this.#screen.api.attacks(model.name);
    const recipe = parseRecipe(own.x ?? "", methods);
    if (recipe.problem) this.#screen.app.corrected([recipe.problem]);
    if (!recipe.method) return this.#failed(new Error(`No attack works on ${model.name}.`));
    this.#choice.show(methods, recipe, own.to, model);
    const task = taskOf(state, methods, recipe);
    const key = JSON.stringify(task);
    if (key !== this.#key || !this.#found) await this.#run(key, task);
    else this.#move(own.eps ?? this.#eps, false);
    if (this.#key === key && this.#found) await this.#both.show(state);
  }

  stop() {
    this.#work?.abort();
    this.#asking.forget();
    this.#both.stop();
  }

  /** @type {import("../keys.js").Table} */
  shortcuts = { p: ["Pin the attack", () => this.#found && pinRun(this.#screen.app, this.#found)], " ": ["Hold: x instead of x′", () => this.#blink(true), () => this.#blink(false)] };

  shareItems = () => (this.#found ? runItems(this.#screen.app, this.#found, `seewhy-${this.#found.facts.attack}`) : []);

  /** @param {string} key @param {any} task */
  async #run(key, task) {
    this.#work?.abort();
    const work = (this.#work = new AbortController());
    this.#key = key;
    this.#asking.forget();
    this.#busy(true);
    try {
      const run = await this.#screen.api.perform(task, { signal: work.signal, progress: (progress) => (this.#ring.data = progress) });
      const { arrays: { image, direction, epsilons, probabilities } } = await this.#screen.api.arrays(run.id, ["image", "direction", "epsilons", "probabilities"]);
      if (work !== this.#work) return;
      const facts = /** @type {Attacked} */ (/** @type {unknown} */ (run.result));
      const [channels, height, width] = image.shape;
      const end = /** @type {Float32Array} */ (epsilons.data)[epsilons.data.length - 1];
      this.#found = { id: run.id, facts, task, x: /** @type {Float32Array} */ (image.data), direction: /** @type {Float32Array} */ (direction.data), size: { channels, height, width }, end };
      this.#work = null;
      this.#busy(false);
      this.#fresh(/** @type {Float32Array} */ (epsilons.data), /** @type {Float32Array} */ (probabilities.data));
    } catch (problem) {
      if (work === this.#work) this.#failed(/** @type {any} */ (problem));
    }
  }

  /** An attack has come back: everything that does not depend on ε. @param {Float32Array} epsilons @param {Float32Array} probabilities */
  #fresh(epsilons, probabilities) {
    const { facts, end } = /** @type {Found} */ (this.#found);
    const { model, label, goal, own } = /** @type {FoolState} */ (this.#state);
    Object.assign(this.#asking, { model: model.name, classes: model.labels.length });
    Object.assign(this.#slider, { max: String(end), step: String(end / 320) });
    this.#chart.data = curveOf(epsilons, probabilities, { labels: model.labels, label, goal, flip: facts.flip_eps, unit: linear(facts) });
    this.#equation.options = [{ value: "direction", text: facts.attack === "fgsm" ? "sign of the gradient" : "direction" }, ...TIMES.map((k) => ({ value: k, text: `difference × ${k}` }))];
    const text = outcome(facts, model.labels);
    find(this.element, ".verdict-line").textContent = text;
    this.#screen.app.status("Ready");
    find(this.element, ".warnings").replaceChildren(...facts.notes.warnings.map((warning) => html`<p class="note small">${warning}</p>`));
    find(this.element, ".how-body").replaceChildren(...about(this.#choice.method));
    const eps = own.eps !== undefined && own.eps <= end ? own.eps : facts.flip_eps ?? end / 2;
    this.#equation.words = { before: belief(top(facts.before)), after: "…", fooled: false };
    const point = epsilons.findIndex((one) => Math.abs(one - eps) < 1e-6 * end);
    if (point >= 0) this.#told(guessesAt(probabilities, point, model.labels), eps, 0); // the curve knows it already
    this.#move(eps, false);
  }

  /** The slider stands here now. @param {number} eps @param {boolean} [told] the link shall say so */
  #move(eps, told = true) {
    if (!this.#found) return;
    this.#eps = Math.min(eps, this.#end);
    this.#slider.value = String(this.#eps);
    this.#own("eps", this.#eps);
    if (told) this.#screen.go({ eps: +this.#eps.toPrecision(6) }, true);
    if (this.#due) return;
    this.#due = true;
    requestAnimationFrame(() => ((this.#due = false), this.#draw()));
  }

  /** Once a frame: x′, how far it is, and the question what it is. */
  #draw() {
    if (!this.#found) return;
    const { x, direction, size, facts, end } = this.#found;
    const eps = this.#eps;
    const moved = nudged(x, direction, eps);
    const change = difference(x, moved);
    const { linf, l2, l0 } = norms(change, size.channels);
    const k = this.#state?.own.k;
    const text = linear(facts) ? bothUnits(eps) : short(eps);
    this.#equation.words = { sign: `+ ${short(eps)} ×`, middle: k ?? "direction", eps: `ε = ${text}` };
    this.#equation.data = { x, moved, size, middle: k ? change : direction, full: k ? 1 / Number(k) : Math.max(1e-9, largest(direction)) };
    find(this.element, "output").textContent = text;
    this.#slider.setAttribute("aria-valuetext", linear(facts) ? `ε ${text}` : `ε ${text}, Euclidean length`);
    this.#chart.at = Math.min(eps, end);
    const told = { ".linf": `${short(linf)} (${+(255 * linf).toFixed(1)}/255)`, ".l2": short(l2), ".l0": `${l0.toLocaleString("en")} of ${(size.width * size.height).toLocaleString("en")}` };
    for (const [place, value] of Object.entries(told)) find(this.element, place).textContent = value;
    this.#asking.ask({ pixels: moved, shape: [size.channels, size.height, size.width] }, eps);
  }

  /** @param {import("../api.js").Guess[]} guesses likeliest first @param {number} eps @param {number} ms 0 where nobody was asked */
  #told(guesses, eps, ms) {
    if (!this.#found) return;
    const { model, label, goal } = /** @type {FoolState} */ (this.#state);
    const [top] = guesses;
    const shares = new Float32Array(model.labels.length);
    for (const { index, score } of guesses) shares[index] = score;
    const fooled = goal === null ? top.index !== label : top.index === goal;
    this.#equation.words = { after: `${belief(top)}${fooled ? " ✗" : ""}`, fooled };
    this.#keep.fresh(this.#found.facts.attack === "fgsm" ? fooled : this.#found.facts.success);
    this.#bars.data = { labels: model.labels, probabilities: shares, top: top.index, target: goal ?? label };
    find(this.element, ".now").textContent = now(guesses, label, goal, eps, model.labels);
    this.#screen.app.announce(`ε ${short(eps)}: ${top.label}, ${percent(top.score, 0)}`);
    if (ms) this.#screen.app.speed(`x′ to answer ${Math.round(ms)} ms`);
  }

  /** Where other screens find x′: of FGSM the one on the slider, else the one that the attack found. @returns {Promise<import("./fool-both.js").Made | null>} */
  async #address() {
    const found = this.#found;
    if (!found || (this.#eps === 0 && found.facts.attack === "fgsm")) return null;
    const { facts, task } = found;
    if (facts.attack !== "fgsm") return { run: found.id, fooled: facts.success, guess: top(facts.after), words: facts.eps === null ? `as ${facts.title} found it` : `as ${facts.title} found it within ε = ${short(facts.eps)}` };
    const { id, result } = await this.#screen.api.perform({ ...task, settings: { ...task.settings, epsilon: this.#eps } });
    const { success, after } = /** @type {Attacked} */ (/** @type {unknown} */ (result));
    return { run: id, fooled: success, guess: top(after), words: `at ε = ${short(this.#eps)}` };
  }

  /** @param {boolean} bare */
  #blink(bare) {
    if (!this.#found) return;
    this.#equation.bare = bare;
    find(this.element, ".blink").setAttribute("aria-pressed", String(bare));
  }

  /** @param {string} key @param {unknown} value */
  #own(key, value) {
    if (this.#state) this.#state.own = { ...this.#state.own, [key]: value === "direction" ? undefined : value };
  }

  /** @param {boolean} busy */
  #busy(busy) {
    this.element.classList.toggle("stale", busy && this.#found !== null);
    this.element.classList.toggle("unknown", !this.#found);
    find(this.element, ".over-it").hidden = !busy;
    if (busy) this.#ring.data = null;
    find(this.element, ".problem").hidden = true;
    this.#screen.app.status(busy ? "Attacking" : "Ready", busy ? "busy" : "ok");
  }

  /** @param {Error & { title?: string }} problem */
  #failed(problem) {
    this.#busy(false);
    this.#key = "";
    const note = find(this.element, ".problem");
    note.hidden = false;
    note.textContent = problem.title === "cancelled" ? "Cancelled; choose an attack to go on." : problem.message;
  }
}

/** @param {import("../api.js").Guess[]} guesses */
const top = (guesses) => guesses.reduce((a, b) => (b.score > a.score ? b : a));

/** @param {Float32Array} values */
const largest = (values) => values.reduce((most, value) => Math.max(most, Math.abs(value)), 0);
