// @ts-check
/** The Draw screen: a drawing, what the model makes of it, and why, while the pen moves. */

import { SIDE } from "../examples.js";
import { find, html, on } from "../html.js";
import { Live, Pace } from "../live.js";
import { inkDecode, inkEncode } from "../wire.js";
import { DrawingCard } from "../elements/drawing-card.js";
import { ExampleRow } from "../elements/example-row.js";
import { GuessCard } from "../elements/guess-card.js";
import { WhyCard } from "../elements/why-card.js";
import { readQuestion, writeQuestion } from "./draw-link.js";

export default class DrawPage extends HTMLElement {
  static title = "Draw";
  /** Set by the shell before anything else. @type {import("../app.js").App} */
  app = /** @type {any} */ (null);

  #live = new Live();
  #pace = new Pace();
  #times = { guess: NaN, why: NaN };
  #model = "";
  /** @type {import("../api.js").Method[]} */
  #methods = [];
  /** @type {import("./draw-link.js").Question} */
  #question = { ink: "", centre: true, method: "", settings: {}, target: null };
  /** @type {import("../live.js").Guess | null} */
  #guess = null;
  /** @type {import("./draw-fool.js").DrawFool | null} */
  #fool = null;
  /** The first link has been read. */
  #begun = false;
  #cards = html`<div class="draw">
    <div class="heading"><h1 tabindex="-1">Draw a digit</h1><p class="dim">The model guesses while you draw, and shows which strokes it leans on.</p></div>
    <drawing-card></drawing-card><guess-card></guess-card><why-card></why-card>
    <section class="card fool-row" aria-label="Now fool it" hidden></section>
    <section class="card examples" aria-labelledby="try-title"><h2 id="try-title">Try these <span class="dim">Is it still sure where no digit is left?</span></h2><example-row></example-row></section>
    <details class="card how"><summary>How this works</summary></details>
  </div>`;

  connectedCallback() {
    this.append(this.#cards);
    on(this.#easel, "ink", () => this.#drawn("live"));
    on(this.#easel, "stroke-end", () => this.#drawn("release"));
    on(this.#easel, "random", () => this.#random());
    on(this.#easel, "centre", ({ on }) => this.#choose({ centre: on }));
    on(this.#easel, "why", ({ on }) => this.app.state.set("why", on));
    on(this.#sees, "choose", ({ index }) => this.#choose({ target: index === this.#question.target ? null : index }));
    on(this.#sees, "follow", ({ on }) => this.#choose({ target: on ? null : this.#guess?.order[0] ?? null }));
    on(this.#sees, "live", ({ on }) => this.#pause(!on));
    on(this.#sees, "classify", () => this.#ask());
    on(this.#why, "recipe", (recipe) => this.#choose(recipe));
    on(find(this, "example-row"), "choose", ({ ink }) => this.#load(ink));
    on(this.#sees, "menu", async (place) => (await import("./draw-menu.js")).seenMenu(this.app, await this.image, place));
    on(this.#live, "sent", () => (this.#sees.waiting = this.#why.waiting = true));
    on(this.#live, "predict", (answer) => this.#predicted(answer));
    on(this.#live, "explain", (answer) => this.#explained(answer));
    on(this.#live, "trust", (trust) => this.#why.data && (this.#why.trust = trust));
    on(this.#live, "problem", ({ detail, gone }) => this.#failed(detail, gone));
    find(this, ".how", HTMLDetailsElement).addEventListener("toggle", () => this.#how());
    this.#easel.why = this.app.state.get("why");
    this.#live.open();
    this.#empty();
    this.#pause(!this.app.state.get("live"));
  }

  leave() { this.#live.close(); this.#fool?.stop(); }
  get #easel() { return find(this, "drawing-card", DrawingCard); }
  get #sees() { return find(this, "guess-card", GuessCard); }
  get #why() { return find(this, "why-card", WhyCard); }
  get #pad() { return this.#easel.pad; }
  get #labels() { return this.app.model?.labels ?? []; }

  /** What the link says. @param {URLSearchParams} params */
  async show(params) {
    await this.#meet();
    const size = this.#pad.width * this.#pad.height;
    const { question, pixels, corrections } = await readQuestion(params, { labels: this.#labels, methods: this.#methods, size });
    const early = !this.#begun && !this.#pad.blank && !pixels; // drawn before the link was read
    this.#begun = true;
    const kept = early || (params.size === 0 && !this.#pad.blank) ? this.#question.ink : question.ink; // a bare link keeps the drawing
    this.#question = { ...question, ink: kept };
    if (pixels) this.#pad.pixels = pixels;
    else if (!kept && !early) this.#pad.clear();
    this.app.corrected(corrections);
    if (corrections.length) this.app.replace(writeQuestion(this.#question, this.#methods));
    this.#configure();
  }

  /** Another model may have other classes, sizes and methods. */
  async #meet() {
    const model = this.app.model;
    if (!model || model.name === this.#model) return;
    this.#methods = await this.app.api.methods(model.name);
    this.#model = model.name;
    this.#pad.resize(model.input.width, model.input.height);
    find(this, "h1").textContent = model.datasets.includes("digits") ? "Draw a digit" : "Draw a picture";
    this.#easel.centring = model.input.channels === 1; // photographs are seen as they are
    this.#why.methods = this.#methods;
    this.#empty();
    const fits = model.input.width === SIDE && model.input.height === SIDE;
    find(this, ".examples").hidden = !fits;
    if (fits) find(this, "example-row", ExampleRow).measure((images) => this.app.api.predict(model.name, images, 1)).catch((problem) => this.app.status(problem.message, "bad"));
  }

  /** A choice that changes the result is a new entry in the history. @param {Partial<import("./draw-link.js").Question>} choice */
  #choose(choice) {
    Object.assign(this.#question, choice);
    this.app.push(writeQuestion(this.#question, this.#methods));
    this.#configure();
  }

  #configure() {
    const { centre, method, settings, target } = this.#question;
    this.#easel.centre = centre;
    this.#why.recipe = { method, settings };
    this.#live.configure({ model: this.#model, method, settings, target: target ?? "argmax", centre });
    this.#showGuess();
    this.#ask();
  }

  /** @param {"live" | "release"} moment */
  async #drawn(moment) {
    if (this.#pad.blank) this.#empty();
    if (this.#pace.mode === moment) this.#ask();
    if (moment === "live") return;
    const now = this.#pad.pixels;
    const ink = this.#pad.blank ? "" : await inkEncode(now);
    const centre = this.#fool?.drawn(ink) ?? this.#question.centre;
    if (ink === this.#question.ink || !now.every((value, i) => value === this.#pad.pixels[i])) return;
    const recentred = centre !== this.#question.centre;
    Object.assign(this.#question, { ink, centre });
    this.app.replace(writeQuestion(this.#question, this.#methods));
    if (recentred) this.#configure();
  }

  #ask() {
    if (!this.#model || this.#pad.blank) return;
    const { pixels } = this.#pad;
    const channels = this.app.model?.input.channels ?? 1;
    this.#live.send(channels === 1 ? pixels : Uint8Array.from({ length: channels * pixels.length }, (_, i) => pixels[Math.floor(i / channels)]));
  }

  /** @param {import("../live.js").Guess} guess */
  #predicted(guess) {
    if (this.#pad.blank) return;
    this.#guess = guess;
    this.#sees.waiting = false;
    this.#times.guess = guess.latency;
    if (this.#pace.mode === "live") this.#pace.add(guess.latency);
    this.#showPace();
    this.#showGuess();
    this.app.status("Ready");
    const [top] = guess.order;
    this.app.announce(`${this.#labels[top]}, ${Math.min(99, Math.floor(100 * guess.probabilities[top]))} percent`);
  }

  #showGuess() {
    const { probabilities = null, seen = null, order = [] } = this.#guess ?? {};
    const { width, height } = this.#pad;
    const target = this.#question.target ?? order[0] ?? null;
    this.#sees.data = { labels: this.#labels, probabilities, target, follow: this.#question.target === null, seen: seen && { pixels: seen, width, height } };
    this.#easel.guesses = order.slice(0, 3).map((index) => ({ label: this.#labels[index], share: probabilities?.[index] ?? 0 }));
  }

  /** @param {import("../live.js").Heat} map */
  #explained(map) {
    if (this.#pad.blank || !this.#guess) return;
    const { seen } = this.#guess;
    this.#why.data = { ...map, image: { pixels: Float32Array.from(seen, (value) => value / 255), channels: 1 } };
    this.#why.waiting = false;
    this.#easel.tint = { ...map, seen };
    this.#times.why = 1000 * map.seconds;
    if (this.#pace.mode !== "live" && !map.final) this.#pace.add(map.latency);
    this.#showPace();
    if (map.final) this.#settled();
  }

  /** The pen rests, and everything was said. */
  async #settled() {
    this.#how();
    const { DrawFool } = await import("./draw-fool.js");
    this.#fool ??= new DrawFool(this.app, this.#pad, find(this, ".fool-row"), { now: () => this.#question, put: (ink) => this.#load(ink, { centre: false }), ask: () => this.#ask() });
    if (this.#guess) this.#fool.show(this.#guess);
  }

  /** @param {string} detail @param {boolean} [gone] the server is: what is shown stays, dimmed */
  #failed(detail, gone) {
    if (gone) return;
    this.#sees.waiting = this.#why.waiting = false;
    this.app.status(detail, "bad");
    this.#why.problem = detail;
  }

  /** Nothing drawn is no digit: no verdict on a black picture. */
  #empty() {
    this.#live.forget();
    this.#guess = null;
    this.#sees.waiting = this.#why.waiting = false;
    this.#showGuess();
    this.#why.data = null;
    this.#easel.tint = null;
    find(this, ".fool-row").hidden = true;
  }

  /** @param {boolean} paused */
  #pause(paused) {
    this.#pace.on = !paused;
    this.app.state.set("live", !paused);
    this.#showPace();
  }

  #showPace() {
    const { on, mode, text } = this.#pace;
    const { guess, why } = this.#times;
    this.#sees.pace = { on, text, button: mode !== "live" };
    this.app.speed([guess && `live ${Math.round(guess)} ms`, why && `explanation ${Math.ceil(why)} ms`].filter(Boolean).join(" · "));
  }

  /** A whole picture from elsewhere, as one step that can be undone. @param {string} ink @param {{ centre?: boolean }} [how] */
  async #load(ink, how) {
    this.#pad.pixels = await inkDecode(ink);
    this.#choose({ ink, target: null, ...how });
  }

  async #random() {
    const [{ randomPicture }] = await Promise.all([import("./draw-random.js"), this.#meet()]); // the model tells the size
    const { width, height } = this.#pad;
    await randomPicture(this.app.api, this.app.model?.datasets ?? [], width, height).then((ink) => this.#load(ink)).catch((problem) => this.app.status(problem.message, "bad"));
  }

  async #how() {
    const details = find(this, ".how", HTMLDetailsElement);
    if (!details.open) return;
    const { explainMethod } = await import("./draw-how.js");
    const method = this.#methods.find(({ name }) => name === this.#question.method);
    if (method) await explainMethod(details, method, this.app, await this.#task());
  }

  /** The question on the screen as a task; null while nothing is drawn. */
  async #task() {
    if (!this.#guess) return null;
    const { method, settings, target } = this.#question;
    const image = `ink:${await inkEncode(this.#guess.seen)}`;
    return { model: this.#model, image, method, settings, target: target ?? this.#guess.order[0] };
  }

  /** Where the other screens find this drawing, as the model saw it. */
  get image() { return this.#task().then((task) => task?.image); }
  shareItems = async () => (await import("../share.js")).shareItems(this.app, () => this.#task());

  /** @type {import("../keys.js").Table} */
  shortcuts = {
    b: ["Draw", () => (this.#easel.tool = "draw")],
    e: ["Erase", () => (this.#easel.tool = "erase")],
    z: ["Undo", () => this.#pad.undo()],
    Z: ["Redo", () => this.#pad.redo()],
    c: ["Clear", () => this.#pad.clear()],
    r: ["Random picture", () => this.#random()],
    v: ["Map alone or over the drawing", () => (this.#why.over = this.#why.over ? 0 : 1)],
    o: ["Held: the drawing alone", () => (this.#why.bare = true), () => (this.#why.bare = false)],
    Enter: ["Classify", () => this.#ask()],
    ...Object.fromEntries([..."1234567890"].map((key) => [key, ["Explain a class", () => this.#pick(key)]])),
  };

  /** The class of that name, or at that place. @param {string} key */
  #pick(key) {
    const named = this.#labels.indexOf(key);
    const index = named >= 0 ? named : (Number(key) + 9) % 10;
    if (index < this.#labels.length) this.#choose({ target: index });
  }
}

customElements.define("draw-page", DrawPage);
