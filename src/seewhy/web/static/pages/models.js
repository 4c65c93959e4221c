// @ts-check
/** The Models screen: which models there are, what each is made of, and how it does on a data set. Knows the API. */

import { find, html } from "../html.js";
import { ModelVerdict } from "../elements/model-verdict.js";
import { ProgressRing } from "../elements/progress-ring.js";
import { options } from "../options.js";
import { format } from "../route.js";
import { doctorCard } from "./doctor-panel.js";

/** @typedef {import("../api.js").Model & { preprocessing?: { keep: number | string, resampling: string, mean: number[] | null, std: number[] | null } }} Model */

export default class ModelsPage extends HTMLElement {
  static title = "Models";
  static styles = ["pop-menu.css", "because.css", "path.css", "browse.css", "doctor.css"];
  /** Set by the shell before anything else. @type {import("../app.js").App} */
  app = /** @type {any} */ (null);
  #turn = 0;
  /** @type {import("./doctor-panel.js").DoctorPanel | null} */
  #doctor = null;
  #shown = "";
  #ring = new ProgressRing();
  #verdict = new ModelVerdict();
  #body = html`<div class="models">
    <div class="masthead"><div class="heading"><h1 tabindex="-1">Models</h1><p class="facts dim"></p></div></div>
    <div class="model-list" role="group" aria-label="Models"></div>
    <form class="row add"><label for="model-address">Add a model by its address</label><input type="text" id="model-address" placeholder="torchvision:resnet50, keras:VGG19, onnx:model.onnx, …" spellcheck="false" autocomplete="off"><button type="submit">Add</button><span class="small dim trouble" role="status"></span></form>
    <section class="card about" aria-labelledby="about-model"><h2 id="about-model"></h2><p class="words"></p><dl class="model-facts"></dl></section>
    <section class="card measure" aria-labelledby="how-good"><h2 id="how-good">How good is it?</h2>
      <div class="row fields"><label>Data <select class="data"></select></label><label>set <select class="set"></select></label><button type="button" class="primary go">Measure</button></div>
      ${this.#ring}<p class="trouble dim" role="status"></p>${this.#verdict}</section>
    <section class="card layers-of" aria-labelledby="its-layers"><h2 id="its-layers">Layers</h2><div class="scroller" tabindex="0" role="region" aria-label="Layers"></div></section>
  </div>`;

  connectedCallback() {
    if (this.#body.isConnected) return;
    this.append(this.#body);
    const { card, panel } = doctorCard(this.app, () => this.app.model && { model: this.app.model.name });
    this.#doctor = panel;
    find(this, ".measure").after(card);
    this.#ring.hidden = true;
    find(this, ".go").addEventListener("click", () => this.#measure());
    find(this, "select.data").addEventListener("change", () => this.#sets());
    find(this, "form.add").addEventListener("submit", (event) => this.#add(event));
    this.#verdict.addEventListener("pick", (event) => {
      const { label, predicted } = /** @type {CustomEvent} */ (event).detail;
      const value = (/** @type {string} */ name) => find(this, name, HTMLSelectElement).value;
      this.app.navigate(format("browse", { model: this.app.model?.name, data: value("select.data"), set: value("select.set"), label, called: predicted }));
    });
  }

  async show() {
    const { models, model } = this.app;
    if (!model) return;
    find(this, ".facts").textContent = models.length === 1 ? "One model" : `${models.length} models`;
    find(this, ".model-list").replaceChildren(...models.map((one) => this.#card(one, one.name === model.name)));
    if (this.#shown === model.name) return;
    this.#shown = model.name;
    this.#verdict.replaceChildren();
    this.#doctor?.clear();
    const turn = ++this.#turn;
    this.#about(/** @type {Model} */ (model));
    this.#datasets = await this.app.api.datasets();
    const known = this.#datasets.filter(({ labels }) => labels.some((label) => model.labels.includes(label)));
    const first = model.datasets.find((name) => known.some((one) => one.name === name && one.available)) ?? known[0]?.name ?? "";
    options(find(this, "select.data", HTMLSelectElement), known.map(({ name, title, available }) => [name, available ? title : `${title} (downloads)`]), first);
    find(this, ".go", HTMLButtonElement).disabled = !known.length;
    find(this, ".measure .trouble").textContent = known.length ? "" : "No data set here has the classes of this model.";
    this.#sets();
    const layers = await this.app.api.layers(model.name);
    if (turn === this.#turn) this.#layers(layers);
  }

  /** @type {import("../api.js").Dataset[]} */
  #datasets = [];

  /** @param {Model} model @param {boolean} current */
  #card({ name, title, framework, input, metrics }, current) {
    const sides = `${input.channels}×${input.height}×${input.width}`;
    const accuracy = metrics.accuracy === undefined ? "" : `${(100 * metrics.accuracy).toFixed(1)} %`;
    return html`<button type="button" class="model-card" aria-pressed="${current}" @click=${() => this.app.navigate(format("models", { model: name }))}>
      <b>${name}</b><span class="dim">${title}</span><span class="row"><span class="chip">${framework}</span><span class="chip">${sides}</span>${accuracy ? html`<span class="chip good">test ${accuracy}</span>` : null}</span></button>`;
  }

  /** @param {Model} model */
  #about({ name, title, about, framework, input, labels, abilities, default_layer: layer, preprocessing }) {
    find(this, "#about-model").textContent = title === name ? name : `${name}: ${title}`;
    find(this, ".words").textContent = about;
    const numbers = (/** @type {number[]} */ values) => values.map((value) => value.toFixed(3).replace(/0+$/, "").replace(/\.$/, "")).join(", ");
    const shown = labels.length > 12 ? `${labels.slice(0, 12).join(", ")}, … (${labels.length.toLocaleString()})` : labels.join(", ");
    const facts = [
      ["Input", `${input.channels === 1 ? "grey" : "colour"}, ${input.height} × ${input.width} pixels`],
      ["Classes", shown],
      ["It gives", abilities.join(", ")],
      ["Framework", framework],
      ["Preprocessing", preprocessing?.mean ? `(x − ${numbers(preprocessing.mean)}) / ${numbers(preprocessing.std ?? [1])}, x from 0 to 1${frame(preprocessing.keep)}` : "its own"],
      ["Class activation maps look at", layer ?? "nothing: it shows no layers"],
    ];
    find(this, ".model-facts").replaceChildren(...facts.map(([term, words]) => html`<div><dt class="dim">${term}</dt><dd>${words}</dd></div>`));
  }

  /** @param {import("../api.js").Layer[]} layers */
  #layers(layers) {
    const total = layers.filter(({ name }) => !layers.some((other) => other.name.startsWith(`${name}.`))).reduce((sum, { parameters }) => sum + parameters, 0);
    const place = find(this, ".layers-of .scroller");
    if (!layers.length) return place.replaceChildren(html`<p class="dim">This model does not show its layers.</p>`);
    place.replaceChildren(html`<table class="layer-table"><caption class="dim small">${layers.length} layers and blocks in the order in which they end, about ${total.toLocaleString()} parameters</caption>
      <thead><tr><th scope="col">#</th><th scope="col">layer</th><th scope="col">kind</th><th scope="col">shape</th><th scope="col">parameters</th></tr></thead>
      <tbody>${layers.map((layer) => html`<tr><td>${layer.index}</td><th scope="row"><code>${layer.name}</code>${layer.default ? html`<span class="star" title="class activation maps look here" aria-label="class activation maps look here"> ★</span>` : null}</th><td>${layer.kind}</td><td>${layer.shape.join(" × ")}</td><td>${layer.parameters.toLocaleString()}</td></tr>`)}</tbody></table>`);
  }

  #sets() {
    const chosen = find(this, "select.data", HTMLSelectElement).value;
    const sets = Object.keys(this.#datasets.find(({ name }) => name === chosen)?.splits ?? {});
    options(find(this, "select.set", HTMLSelectElement), sets.map((name) => [name, name]), sets.at(-1) ?? "");
  }

  async #measure() {
    const turn = this.#turn;
    const value = (/** @type {string} */ name) => find(this, name, HTMLSelectElement).value;
    const say = (/** @type {string} */ text) => (find(this, ".measure .trouble").textContent = text);
    say("");
    try {
      const task = /** @type {any} */ ({ kind: "predictions", model: this.app.model?.name, data: value("select.data"), split: value("select.set") });
      const run = await this.app.api.perform(task, { progress: (now) => ((this.#ring.hidden = false), (this.#ring.data = now)) });
      if (turn === this.#turn) this.#verdict.data = { facts: /** @type {any} */ (run.result), labels: this.app.model?.labels ?? [] };
    } catch (problem) {
      if (turn === this.#turn) say(/** @type {Error} */ (problem).message);
    } finally {
      this.#ring.hidden = true;
    }
  }

  /** @param {Event} event */
  async #add(event) {
    event.preventDefault();
    const address = find(this, "#model-address", HTMLInputElement).value.trim();
    if (!address) return;
    const say = (/** @type {string} */ text) => (find(this, "form .trouble").textContent = text);
    say("loading …");
    try {
      const { name } = await this.app.api.addModel(address);
      say("");
      await this.app.navigate(format("models", { model: name }));
    } catch (problem) {
      say(/** @type {Error} */ (problem).message);
    }
  }
}

/** How much of a picture the model is shown. @param {number | string} keep */
function frame(keep) {
  return Number(keep) < 1 ? `; sees the middle ${(100 * Number(keep)).toFixed(0)} %` : "";
}

customElements.define("models-page", ModelsPage);
