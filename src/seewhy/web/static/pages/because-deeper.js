// @ts-check
/** What a rule can still be asked: does it follow, why all the way down, and which rules decide the rest of the class. Knows the API. */

import { find, html } from "../html.js";
import { ProgressRing } from "../elements/progress-ring.js";
import { name, percent, ratio } from "../rule-words.js";

/** @typedef {import("./because-state.js").Question} Question */
/** @typedef {import("./because-state.js").Step} Step */
/** @typedef {import("../rule-words.js").Rule} Rule */
/** @typedef {{ rule: Rule, below: (Link | null)[], why: string[] }} Link */

/** @type {Record<string, [title: string, hint: string]>} */
const TRIALS = {
  "keep on blur": ["Keep only what it looks at", "the rest blurred"],
  "keep on grey": ["Keep only what it looks at", "the rest grey"],
  "keep on other": ["Keep only what it looks at", "the rest from another image"],
  transplant: ["Put what it looks at into other images", "that are called something else"],
  push: ["Make the facts true inside", "in images without them"],
  violate: ["Make the facts false inside", "in images with them"],
};

/** Events: "go" {image?, path}: another rule is wanted on the screen. */
export class BecauseDeeper extends HTMLElement {
  /** @type {import("../app.js").App} */
  app = /** @type {any} */ (null);
  /** @type {{ question: Question, rule: Rule, layers: string[] } | null} */
  #about = null;
  /** @type {AbortController | null} */
  #work = null;
  #ring = new ProgressRing();
  #out = html`<div class="out" aria-live="polite"></div>`;
  #body = html`<details class="card deeper"><summary>Ask more</summary><div class="row">
    <button type="button" @click=${() => this.#causal()}>Does it follow?</button><button type="button" @click=${() => this.#chain()}>All the way down</button>
    <button type="button" class="class" @click=${() => this.#cover()}>All rules of the class</button></div>${this.#ring}${this.#out}</details>`;

  connectedCallback() {
    if (this.#body.isConnected) return;
    this.append(this.#body);
    this.#ring.hidden = true;
  }

  disconnectedCallback() {
    this.#work?.abort();
  }

  /** @param {{ question: Question, rule: Rule, layers: string[] }} about */
  set data(about) {
    this.#work?.abort();
    this.#work = null;
    this.#about = about;
    this.#ring.hidden = true;
    this.#out.replaceChildren();
    const said = find(this, ".class");
    said.hidden = about.rule.conclusion.kind !== "class";
    said.textContent = `All rules of “${about.rule.conclusion.label}”`;
  }

  /** @param {Record<string, unknown>} task @param {(result: any, about: { question: Question, rule: Rule, layers: string[] }) => Node[]} draw */
  async #ask(task, draw) {
    const about = this.#about;
    if (!about) return;
    this.#work?.abort();
    const work = (this.#work = new AbortController());
    this.#out.replaceChildren();
    this.#ring.hidden = false;
    this.#ring.data = null;
    try {
      const whole = /** @type {any} */ ({ model: this.app.model?.name, data: about.question.data, ...task });
      const { result } = await this.app.api.perform(whole, { signal: work.signal, progress: (now) => (this.#ring.data = now) });
      if (work === this.#work) this.#out.replaceChildren(...draw(result, about));
    } catch (problem) {
      if (work === this.#work) this.#out.replaceChildren(html`<p class="note">${/** @type {Error} */ (problem).message}</p>`);
    } finally {
      if (work === this.#work) this.#ring.hidden = true;
    }
  }

  #causal() {
    const { rule, question } = this.#about ?? {};
    return this.#ask({ kind: "causal", image: rule?.image, layer: rule?.layer, conclusion: rule?.conclusion, settings: question?.settings }, ({ trials }) => [
      html`<p class="small dim">How often the model then says what the rule concludes, beside random rules of the same size that also hold for this picture.</p>`,
      html`<div class="scroller"><table class="trials"><thead><tr><th scope="col">trial</th><th scope="col">rule</th><th scope="col">random rules</th><th scope="col">neither</th></tr></thead><tbody>${trials.map(trial)}</tbody></table></div>`,
    ]);
  }

  #chain() {
    const { rule, question, layers = [] } = this.#about ?? {};
    return this.#ask({ kind: "chain", image: rule?.image, layers, conclusion: rule?.conclusion, settings: question?.settings }, ({ root, levels }, about) => [
      html`<ul class="rules">${this.#link(root, about.question.path.slice(0, -1), about.question.path.at(-1)?.condition ?? null)}</ul>`,
      html`<p class="small dim">Measured end to end, not multiplied: ${levels.map((/** @type {any} */ { layer, test }) => `at ${layer} ${ratio(test.precision)} precise, N ${test.n}`).join("; ")}.</p>`,
    ]);
  }

  /** @param {Link} link @param {Step[]} above @param {number | null} condition @returns {HTMLElement} */
  #link({ rule, below, why }, above, condition) {
    const path = [...above, { condition, layer: rule.layer, image: null }];
    const inner = below.map((one, at) => (one ? this.#link(one, path, at) : html`<li class="small dim">condition ${at + 1}: ${why[at]}</li>`));
    const title = rule.conclusion.kind === "class" ? `says “${rule.conclusion.label}”` : rule.conclusion.text;
    return html`<li><button type="button" class="quiet" @click=${() => this.#go({ path })}><b>${title}</b> because at ${rule.layer}: ${rule.premise.text}
      <small>${percent(rule.test.precision)} precise, N ${rule.test.n}</small></button>${inner.length ? html`<ul>${inner}</ul>` : null}</li>`;
  }

  #cover() {
    const { rule, question } = this.#about ?? {};
    const settings = { search: rule?.settings && Object.fromEntries(Object.entries(rule.settings).filter(([key]) => key !== "refine")) };
    return this.#ask({ kind: "class-rules", layer: rule?.layer, conclusion: rule?.conclusion, settings: question ? settings : {} }, ({ rules, curve }) => [
      html`<ol class="cover">${rules.map((/** @type {Rule} */ one, /** @type {number} */ at) => this.#covering(one, curve[at].train.recall))}</ol>`,
      html`<p class="small dim">${rules.length} rule${rules.length === 1 ? "" : "s"} together hold for ${percent(curve.at(-1)?.test.recall ?? null)} of the test images with this conclusion; of all that they hold for, ${percent(curve.at(-1)?.test.precision ?? null)} have it.</p>`,
    ]);
  }

  /** @param {Rule} rule @param {number} covered */
  #covering(rule, covered) {
    const picture = html`<img alt="${name(rule.image)}">`;
    /** @type {HTMLImageElement} */ (picture).src = this.app.api.imageURL(rule.image, 56);
    return html`<li><button type="button" class="quiet" @click=${() => this.#go({ image: rule.image, path: [{ condition: null, layer: rule.layer, image: null }] })}>${picture}
      <span><code>${rule.premise.text}</code><small>${percent(rule.test.precision)} precise; ${percent(covered)} covered so far</small></span></button></li>`;
  }

  /** @param {object} detail */
  #go(detail) {
    this.dispatchEvent(new CustomEvent("go", { detail }));
  }
}

/** @param {{ name: string, rule: Rate, control: Rate, without: Rate, chance: number }} trial @typedef {{ hits: number, trials: number, share: number | null }} Rate */
function trial({ name, rule, control, without, chance }) {
  const [title, hint] = TRIALS[name] ?? [name, ""];
  const bar = (/** @type {Rate} */ { share, trials }, /** @type {string} */ tone = "") => {
    const cell = html`<td><span class="share ${tone}" title="${trials} trials"></span>${percent(share)}</td>`;
    /** @type {HTMLElement} */ (cell.firstElementChild).style.setProperty("--share", String(share ?? 0));
    return cell;
  };
  return html`<tr title="${`a random rule does as well in ${percent(chance)} of cases`}"><th scope="row">${title}<small>${hint}</small></th>${bar(rule, "own")}${bar(control)}${bar(without)}</tr>`;
}

customElements.define("because-deeper", BecauseDeeper);
