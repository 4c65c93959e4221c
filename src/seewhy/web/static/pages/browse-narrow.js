// @ts-check
/** On Browse › Holes: rules that are nearly always right and hold for few images, each a small kind of its own that the data set holds little of. Knows the API. */

import { find, html } from "../html.js";
import { format } from "../route.js";
import { ProgressRing } from "../elements/progress-ring.js";
import { name, percent, range, ratio } from "../rule-words.js";

/** @typedef {import("../rule-words.js").Rule} Rule */

const FEW = 0.2; // of a class: what a rule holds for at most to be called narrow
const RIGHT = 0.9;
const MOST = 24; // that are shown

export class BrowseNarrow extends HTMLElement {
  /** Set by its owner. @type {import("../app.js").App} */
  app = /** @type {any} */ (null);
  #shown = "";
  /** @type {AbortController | null} */
  #work = null;
  #ring = new ProgressRing();
  #body = html`<section class="card narrow" aria-labelledby="narrow-rules"><h2 id="narrow-rules">Rules that hold for few</h2>
    <p>A rule that is right nearly always, yet holds for at most a fifth of its class, is about a small kind of picture: of these the data set has few, and the model had few to learn from.</p>
    <div class="row here"><label>Data set <select class="of"></select></label><label>Layer <select class="at"></select></label><button type="button" class="go" disabled>Look for them</button><button type="button" class="stop" hidden>Cancel</button></div>
    ${this.#ring}<p class="trouble" role="alert" hidden></p><div class="found" aria-live="polite"></div></section>`;

  connectedCallback() {
    if (this.#body.isConnected) return;
    this.append(this.#body);
    this.#ring.hidden = true;
    find(this, ".go").addEventListener("click", () => this.#look());
    find(this, ".stop").addEventListener("click", () => this.#work?.abort());
  }

  disconnectedCallback() {
    this.#work?.abort();
  }

  /** For the model that the page shows. */
  async show() {
    const model = this.app.model?.name ?? "";
    if (model === this.#shown) return;
    this.#work?.abort();
    this.#shown = model;
    find(this, ".found").replaceChildren();
    this.#complain("");
    if (!this.app.model?.abilities.includes("layers")) {
      find(this, ".go", HTMLButtonElement).disabled = true;
      return this.#complain(`${model} does not let anybody look inside, so it has no rules about its units.`);
    }
    try {
      const { layers, datasets } = await this.app.api.because(model);
      if (model !== this.#shown) return;
      const here = datasets.filter((/** @type {any} */ { available }) => available);
      const usual = layers.filter((/** @type {any} */ layer) => layer.default).at(-1)?.name;
      find(this, ".of").replaceChildren(...here.map((/** @type {any} */ { name, title }) => html`<option value="${name}">${title}</option>`));
      find(this, ".at").replaceChildren(...layers.map((/** @type {any} */ { name }) => html`<option>${name}</option>`));
      if (usual) this.#chosen(".at").value = usual;
      find(this, ".go", HTMLButtonElement).disabled = !here.length || !usual;
      if (!here.length) this.#complain(`No data set here has the classes and the size of ${model}, so its rules cannot be measured.`);
    } catch (problem) {
      find(this, ".go", HTMLButtonElement).disabled = true;
      this.#complain(/** @type {Error} */ (problem).message);
    }
  }

  /** @param {string} which */
  #chosen = (which) => find(this, which, HTMLSelectElement);

  /** The rules of one class after the other; what was found so far stays when it is stopped. */
  async #look() {
    const { api, model } = this.app;
    if (!model) return;
    const work = (this.#work = new AbortController());
    const [data, layer] = [this.#chosen(".of").value, this.#chosen(".at").value];
    /** @type {Rule[]} */
    const narrow = [];
    let classes = 0;
    this.#busy(true);
    this.#complain("");
    try {
      for (const [index, label] of model.labels.slice(0, MOST).entries()) {
        const tell = (/** @type {import("../api.js").Progress} */ now) => (this.#ring.data = { ...now, stage: `rules of “${label}”` });
        const task = /** @type {any} */ ({ kind: "class-rules", model: model.name, data, layer, conclusion: `class ${index}`, settings: {} });
        const { rules } = /** @type {any} */ ((await api.perform(task, { signal: work.signal, progress: tell })).result);
        if (work !== this.#work) return;
        narrow.push(...rules.filter(isNarrow));
        this.#tell(narrow, ++classes, layer);
      }
    } catch (problem) {
      if (work === this.#work) this.#complain(work.signal.aborted ? "Stopped." : /** @type {Error} */ (problem).message);
    } finally {
      if (work === this.#work) {
        this.#work = null;
        this.#busy(false);
      }
    }
  }

  /** @param {Rule[]} narrow @param {number} classes looked at so far @param {string} layer */
  #tell(narrow, classes, layer) {
    const sorted = narrow.toSorted((a, b) => (a.train.recall ?? 0) - (b.train.recall ?? 0)).slice(0, MOST);
    const among = `among the rules of ${classes === 1 ? "one class" : `${classes} classes`} at ${layer}`;
    find(this, ".found").replaceChildren(
      html`<p role="status">${sorted.length ? `${narrow.length === 1 ? "One narrow rule" : `${narrow.length} narrow rules`} ${among}, the narrowest first.` : `No narrow rule ${among}: each holds for more than a fifth of its class.`}</p>`,
      ...(sorted.length ? [html`<ol class="hole-list">${sorted.map((rule) => this.#card(rule))}</ol>`] : []),
    );
  }

  /** @param {Rule} rule */
  #card(rule) {
    const { train, test, image, layer, premise, conclusion } = rule;
    const data = /** @type {any} */ (rule).data;
    const link = format("because", { model: this.app.model?.name, data, img: image, path: layer });
    return html`<li class="hole"><a class="face" href="${link}" aria-label="The rule of ${name(image)}"><img alt="" loading="lazy" src="${this.app.api.imageURL(image, 112)}"></a>
      <div class="about"><p><b>“${conclusion.label ?? ""}”</b>, ${train.n - train.f} of ${train.p} pictures</p>
        <p class="small"><code>${premise.text}</code></p>
        <p class="small dim">right in ${percent(train.precision)} of ${train.n} training pictures (${range(train.precision_interval)}) and ${test.n ? `${percent(test.precision)} of ${test.n} test pictures (${range(test.precision_interval)})` : "of no test picture, for none has these facts"}; recall ${ratio(train.recall)}</p>
        <a class="button" href="${link}">Why?</a></div></li>`;
  }

  /** @param {boolean} busy */
  #busy(busy) {
    this.#ring.hidden = !busy;
    this.#ring.data = null;
    find(this, ".go", HTMLButtonElement).disabled = busy;
    find(this, ".stop").hidden = !busy;
  }

  /** @param {string} text */
  #complain(text) {
    find(this, ".trouble").hidden = !text;
    find(this, ".trouble").textContent = text;
  }
}

/** Right nearly always, and about few: by the training images, where the rule was found and there are most. @param {Rule} rule */
const isNarrow = ({ train }) => train.precision !== null && train.precision >= RIGHT && train.recall !== null && train.recall <= FEW;

customElements.define("browse-narrow", BrowseNarrow);
