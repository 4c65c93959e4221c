// @ts-check
/** Explain both: the maps of x and x′ side by side on one scale. Knows the screen it is on, asks for ordinary explanations. */

import { find, html } from "../html.js";
import { ColourLegend } from "../elements/colour-legend.js";
import { HeatMap } from "../elements/heat-map.js";
import { openMenu } from "../elements/pop-menu.js";
import { ProgressRing } from "../elements/progress-ring.js";
import { pictureItems } from "../picture-menu.js";
import { rankCorrelation } from "../ranks.js";
import { formatRecipe, parseRecipe } from "../recipe.js";
import { usualRecipes } from "./explain-state.js";
import { belief } from "./fool-words.js";

/** @typedef {import("../api.js").Guess} Guess */
/** @typedef {{ run: string, fooled: boolean, guess: Guess, words: string }} Made an attacked picture: the run that made it, what the model says of it, and which one it is */
/** @typedef {import("./fool-tabs.js").FoolState} FoolState */

const LARGE = 100; // pixels a side; from here on the quickest usual method is proposed
const FINE = 64; // pixels a side; smaller pictures are known by heart

export class Both {
  #screen;
  #place;
  #made;
  /** @type {FoolState | null} */
  #state = null;
  /** @type {AbortController | null} */
  #work = null;
  #shown = "";
  #maps = [new HeatMap(), new HeatMap()];
  #legend = new ColourLegend();
  #ring = new ProgressRing();
  #method = /** @type {HTMLSelectElement} */ (html`<select aria-label="Method"></select>`);
  #of = /** @type {HTMLSelectElement} */ (html`<select aria-label="Class to explain"><option value="">what each says</option><option value="true">the true class</option></select>`);
  #body = html`<div class="both-body">
    <div class="row spread"><h2 id="both-title">Explain both</h2><span class="row">${this.#method}${this.#of}<button type="button" class="primary go">Explain both</button></span></div>
    <p class="small dim hint">Does the model still look at the same places when it is fooled? Both maps, on one colour scale.</p>
    <div class="pair" hidden>${this.#maps.map((map, i) => html`<figure class="map-${i}"><div class="frame">${map}</div><figcaption></figcaption></figure>`)}
      <div class="under">${this.#legend}<p class="agreement"></p><p class="which-one small dim"></p></div></div>
    <div class="row working" hidden>${this.#ring}<button type="button" class="stop">Cancel</button></div>
    <p class="note problem" role="alert" hidden></p>
  </div>`;

  /** @param {import("./fool-tabs.js").Screen} screen @param {HTMLElement} place @param {() => Promise<Made | null>} made gives the attacked picture an address */
  constructor(screen, place, made) {
    this.#screen = screen;
    this.#place = place;
    this.#made = made;
    place.append(this.#body);
    find(this.#body, ".go").addEventListener("click", () => this.#go());
    find(this.#body, ".stop").addEventListener("click", () => this.#work?.abort());
    for (const select of [this.#method, this.#of]) select.addEventListener("change", () => this.#state?.own.both && this.#go());
  }

  #go() {
    return this.#screen.go({ both: formatRecipe(this.#method.value, {}), of: this.#of.value || undefined });
  }

  /** @param {FoolState} state */
  async show(state) {
    this.#state = state;
    const methods = await this.#screen.api.methods(state.model.name);
    const usual = usualRecipes(methods).map(({ method }) => method);
    const { width, height } = state.model.input;
    const first = Math.max(width, height) > LARGE && usual.includes("grad-cam") ? "grad-cam" : usual[0];
    if (!first) return void (this.#place.hidden = true);
    if (this.#method.length !== methods.length) this.#method.replaceChildren(...methods.map(({ name, title, refusal }) => html`<option value="${name}" ?disabled=${refusal} title="${refusal ?? ""}">${title}</option>`));
    const { both, of = "" } = state.own;
    this.#method.value = both ? parseRecipe(both, methods).method : this.#method.value && this.#shown ? this.#method.value : first;
    this.#of.value = of;
    find(this.#body, ".go").hidden = Boolean(both);
    if (both) await this.follow();
    else this.#frame(false);
  }

  /** ε came to rest: the maps follow, where there are any. */
  async follow() {
    const state = this.#state;
    if (!state?.own.both || !state.seen) return;
    this.#work?.abort();
    const work = (this.#work = new AbortController());
    this.#busy(true);
    try {
      const made = await this.#made();
      if (work !== this.#work) return;
      if (!made) throw new Error("ε is 0, so both pictures are the same; move the slider.");
      const aim = (/** @type {Guess} */ guess) => (this.#of.value ? state.label : guess.index);
      const ask = (/** @type {string} */ image, /** @type {number} */ target) => this.#screen.api.perform({ model: state.model.name, image, method: this.#method.value, target }, { signal: work.signal, progress: (progress) => (this.#ring.data = progress) });
      const one = await ask(state.image, aim(state.seen.top));
      const other = await ask(`run:${made.run}/adversarial`, aim(made.guess));
      const arrays = await Promise.all([one, other].map(({ id }) => this.#screen.api.arrays(id, ["values", "image"])));
      if (work !== this.#work) return;
      this.#draw([one, other], arrays.map(({ arrays }) => arrays), made);
    } catch (problem) {
      if (work === this.#work) this.#failed(/** @type {any} */ (problem));
    }
  }

  stop() {
    this.#work?.abort();
  }

  /** @param {import("../api.js").Run[]} runs @param {Record<string, import("../wire.js").Tensor>[]} arrays @param {Made} made */
  #draw(runs, arrays, made) {
    const results = runs.map(({ result }) => /** @type {import("../api.js").Result} */ (result));
    const scale = Math.max(...results.map((result) => result.scale));
    const { seen, image } = /** @type {FoolState} */ (this.#state);
    const whose = ["x", `x′, ${made.words}`];
    const said = [/** @type {import("./fool-tabs.js").Seen} */ (seen).top, made.guess];
    results.forEach((result, i) => {
      const { values, image: seenAs } = arrays[i];
      const [height, width] = values.shape;
      this.#maps[i].view = Math.max(width, height) > FINE ? "overlay" : "map"; // a photograph says where the colours lie
      this.#maps[i].data = { values: /** @type {Float32Array} */ (values.data), width, height, scale, signed: result.signed, sentence: `${whose[i]}: ${result.sentence}`, image: { pixels: /** @type {Float32Array} */ (seenAs.data), channels: seenAs.shape[0] } };
      find(this.#body, `.map-${i} figcaption`).replaceChildren(html`<b>${i ? "x′" : "x"}</b>`, ` ${belief(said[i])} `, html`<span class="dim">why “${result.target.text}”?</span>`, html`<button type="button" class="quiet more" aria-haspopup="menu" aria-label="${i ? "x′" : "x"}: what to do with this picture" @click=${(/** @type {Event} */ event) => openMenu({ anchor: /** @type {HTMLElement} */ (event.currentTarget) }, pictureItems(this.#screen.app, i ? `run:${made.run}/adversarial` : image), i ? "The attacked picture" : "The picture")}>⋯</button>`);
    });
    this.#legend.data = { scale, signed: results[0].signed };
    const same = rankCorrelation(/** @type {Float32Array} */ (arrays[0].values.data), /** @type {Float32Array} */ (arrays[1].values.data));
    find(this.#body, ".agreement").textContent = Number.isNaN(same) ? "One of the maps is the same everywhere, so they cannot be compared." : `The maps rank the pixels ${same > 0.7 ? "much alike" : same > 0.3 ? "somewhat alike" : "differently"}: rank correlation ${same.toFixed(2).replace("-", "−")}.`;
    find(this.#body, ".which-one").textContent = `x′ ${made.words}.`;
    this.#shown = made.run;
    this.#busy(false);
    this.#frame(true);
    this.#work = null;
  }

  /** @param {boolean} maps */
  #frame(maps) {
    find(this.#body, ".pair").hidden = !maps;
    find(this.#body, ".hint").hidden = maps;
  }

  /** @param {boolean} busy */
  #busy(busy) {
    find(this.#body, ".pair").classList.toggle("stale", busy);
    find(this.#body, ".working").hidden = !busy;
    find(this.#body, ".problem").hidden = true;
    if (busy) this.#ring.data = null;
  }

  /** @param {Error & { title?: string }} problem */
  #failed(problem) {
    this.#busy(false);
    this.#frame(false);
    const note = find(this.#body, ".problem");
    note.hidden = problem.title === "cancelled";
    note.textContent = problem.message;
    find(this.#body, ".go").hidden = false;
  }
}
