// @ts-check
/** The lower part of Browse › Holes: harden the model against them, as a command or here, and see how it stood before and after. Knows the API. */

import { find, html } from "../html.js";
import { ProgressRing } from "../elements/progress-ring.js";
import { format } from "../route.js";
import { quote } from "./hole-words.js";

/** @typedef {{ made: number, accepted: number, share: number | null, interval: [number, number] }} Counted */
/** @typedef {{ accuracy: number, interval: [number, number], tested: number, rubbish: Record<string, Counted>, kept: { count: number, accepted: number }, nudges: { count: number, right: number },
 *   robustness: { epsilons?: number[], curves?: Record<string, { accuracy: number }[]> } }} Standing */
/** @typedef {{ before: Standing, after: Standing, sentence: string, hardened: string, seconds: number, recipe: { confidence: number } }} Facts */

const NAMES = /** @type {Record<string, string>} */ ({ pixels: "few pixels", strokes: "strokes", smooth: "smooth spots", noise: "noise", guided: "pixels that maps point at", all: "all new nonsense" });

export class BrowseHarden extends HTMLElement {
  /** Set by its owner. @type {import("../app.js").App} */
  app = /** @type {any} */ (null);
  /** @type {AbortController | null} */
  #work = null;
  #shown = "";
  #ring = new ProgressRing();
  #body = html`<section class="card harden" aria-labelledby="close-the-holes"><h2 id="close-the-holes">Close the holes</h2>
    <p>Hardening trains a copy of the model further: kept nonsense, and nonsense made against it while it learns, shall be nothing; nudged pictures shall stay what they are. Then nonsense is made anew, and both models are measured the same way.</p>
    <div class="row"><code class="typed"></code><button type="button" class="copy">Copy command</button></div>
    <div class="row here"><label>Rounds <input type="number" class="rounds" min="1" max="100" value="8"></label><button type="button" class="primary go">Harden here</button><button type="button" class="stop" hidden>Cancel</button><span class="small dim">minutes for a small model; it goes on where it stopped</span></div>
    ${this.#ring}<p class="trouble" role="alert" hidden></p><div class="outcome"></div></section>`;

  connectedCallback() {
    if (this.#body.isConnected) return;
    this.append(this.#body);
    this.#ring.hidden = true;
    find(this, ".copy").addEventListener("click", () => this.app.copy(`${this.#command}\n`, "Command"));
    find(this, ".go").addEventListener("click", () => this.#go());
    find(this, ".stop").addEventListener("click", () => this.#work?.abort());
    find(this, ".rounds").addEventListener("change", () => this.#tell());
  }

  disconnectedCallback() {
    this.#work = null; // what is under way goes on, and is found again by the same question
  }

  /** For the model that the page shows. */
  show() {
    const { model } = this.app;
    if (this.#shown !== model?.name) find(this, ".outcome").replaceChildren();
    this.#shown = model?.name ?? "";
    this.#tell();
    const able = model?.framework === "torch";
    find(this, ".go", HTMLButtonElement).disabled = !able || Boolean(this.#work);
    find(this, ".here .dim").textContent = able ? "minutes for a small model; it goes on where it stopped" : `${model?.name} is a ${model?.framework} model: only PyTorch modules can be trained here.`;
  }

  get #rounds() {
    const { valueAsNumber } = find(this, ".rounds", HTMLInputElement);
    return Number.isInteger(valueAsNumber) && valueAsNumber > 0 ? Math.min(valueAsNumber, 100) : 8;
  }

  get #command() {
    const model = this.app.model?.name ?? "";
    return `seewhy harden ${quote(model)} --epochs ${this.#rounds} --out hardened.safetensors`;
  }

  #tell() {
    find(this, ".typed").textContent = this.#command;
  }

  async #go() {
    const mine = (this.#work = new AbortController());
    this.#busy(true);
    this.#complain("");
    try {
      const task = /** @type {any} */ ({ kind: "harden", model: this.app.model?.name, settings: { epochs: this.#rounds } });
      const run = await this.app.api.perform(task, { signal: mine.signal, progress: (now) => ((this.#ring.hidden = false), (this.#ring.data = now)) });
      if (mine !== this.#work) return;
      this.app.api.forgetModels();
      this.#outcome(/** @type {any} */ (run.result));
    } catch (problem) {
      if (mine === this.#work) this.#complain(mine.signal.aborted ? "Cancelled. Harden again to go on after the last whole round." : /** @type {Error} */ (problem).message);
    } finally {
      if (mine === this.#work) {
        this.#work = null;
        this.#busy(false);
      }
    }
  }

  /** @param {Facts} facts */
  #outcome(facts) {
    const { before, after, sentence, hardened, recipe } = facts;
    const least = `${Math.round(100 * recipe.confidence)} %`;
    const rows = [
      ["clean accuracy", accuracy(before), accuracy(after)],
      ...Object.keys(before.rubbish).map((name) => [`${NAMES[name] ?? name}, accepted at ≥ ${least}`, accepted(before.rubbish[name]), accepted(after.rubbish[name])]),
      ...(before.kept.count ? [[`kept nonsense, accepted at ≥ ${least}`, `${before.kept.accepted} of ${before.kept.count}`, `${after.kept.accepted} of ${after.kept.count}`]] : []),
      ...(before.nudges.count ? [["kept nudges, seen through", `${before.nudges.right} of ${before.nudges.count}`, `${after.nudges.right} of ${after.nudges.count}`]] : []),
      ...(before.robustness.epsilons ?? []).map((epsilon, at) => [`right under attack, ε ${Number(epsilon.toPrecision(3))}`, ...[before, after].map(({ robustness }) => percent(robustness.curves?.worst[at].accuracy ?? 0))]),
    ];
    find(this, ".outcome").replaceChildren(
      html`<p role="status">${sentence}</p>`,
      html`<div class="scroller" tabindex="0" role="region" aria-label="Before and after"><table class="text harden-table"><thead><tr><th scope="col"></th><th scope="col">before</th><th scope="col">after</th></tr></thead>
        <tbody>${rows.map(([name, ...cells]) => html`<tr><th scope="row">${name}</th>${cells.map((cell) => html`<td>${cell}</td>`)}</tr>`)}</tbody></table></div>`,
      html`<div class="row"><a class="button" href="${format("models", { model: hardened })}">Open the hardened model</a><a class="button" href="${format("fool", { model: hardened, tab: "nonsense" })}">Try to fool it</a></div>`,
    );
  }

  /** @param {boolean} busy */
  #busy(busy) {
    find(this, ".go", HTMLButtonElement).disabled = busy;
    find(this, ".stop").hidden = !busy;
    this.#ring.hidden = !busy;
    if (busy) this.#ring.data = null;
  }

  /** @param {string} text */
  #complain(text) {
    find(this, ".trouble").hidden = !text;
    find(this, ".trouble").textContent = text;
  }
}

/** @param {number} share */
const percent = (share) => `${(100 * share).toFixed(1)} %`;
/** @param {Standing} standing */
const accuracy = ({ accuracy: share, interval: [low, high] }) => `${(100 * share).toFixed(2)} % (${(100 * low).toFixed(2)}–${(100 * high).toFixed(2)})`;
/** @param {Counted} counted */
const accepted = ({ made, accepted: count, share }) => (made ? `${percent(share ?? 0)} (${count} of ${made})` : "none was made");

customElements.define("browse-harden", BrowseHarden);
