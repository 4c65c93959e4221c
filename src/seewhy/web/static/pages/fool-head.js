// @ts-check
/** The head of the Fool screen: the picture, what counts as true, and what the model shall be made to say. Knows labels. */

import { find, html } from "../html.js";

/**
 * @typedef {object} Head without a picture only title and facts
 * @property {string} title
 * @property {string} facts
 * @property {string} [wrong]
 * @property {boolean} [steps] the picture has neighbours
 * @property {string} [picture] where it is
 * @property {string[]} [labels]
 * @property {{ index: number, text: string }[]} [likely]
 * @property {number | null} [label] chosen as the true class
 * @property {number} [usual] the true class if nobody chooses one
 * @property {boolean} [known] the picture says itself what is on it
 * @property {number | null} [goal]
 */

const ALL = 20; // classes that are listed without a short list of the likely ones

/** Events: "step" {by}, "other", "label" {index}, "goal" {index}; index null for the usual choice. */
export class FoolHead extends HTMLElement {
  #picture = /** @type {HTMLImageElement} */ (html`<img class="picture" alt="">`);
  #body = html`<div class="head-rows"><div class="masthead">
    <button type="button" class="own quiet" aria-haspopup="menu" hidden>${this.#picture}</button>
    <div class="heading"><h1 tabindex="-1">Fool it</h1><p class="facts dim"></p></div>
    <div class="row tools" hidden>
      <label class="choice"><span class="small dim">true class</span><select class="label" aria-label="The class that counts as true" @change=${(/** @type {Event} */ event) => this.#chosen("label", event)}></select></label>
      <label class="choice"><span class="small dim">goal</span><select class="goal" aria-label="What it shall be made to say" @change=${(/** @type {Event} */ event) => this.#chosen("goal", event)}></select></label>
      <span class="row steps" role="group" aria-label="Pictures of the data set">
        <button type="button" aria-label="Previous picture" @click=${() => this.#say("step", { by: -1 })}>‹</button>
        <button type="button" aria-label="Next picture" @click=${() => this.#say("step", { by: 1 })}>›</button></span>
      <button type="button" class="other" @click=${() => this.#say("other")}>Other picture</button>
    </div></div>
    <p class="wrong" hidden></p></div>`;
  #listed = "";

  connectedCallback() {
    if (!this.#body.isConnected) this.append(this.#body);
  }

  /** @param {Head} data */
  set data({ title, facts, wrong = "", steps = false, picture = "", labels = [], likely = [], label = null, usual = 0, known = false, goal = null }) {
    find(this, "h1").textContent = title;
    find(this, ".facts").textContent = facts;
    find(this, ".tools").hidden = find(this, ".own").hidden = !picture;
    find(this, ".steps").hidden = !steps;
    find(this, ".wrong").hidden = !wrong;
    find(this, ".wrong").textContent = `⚠ ${wrong}`;
    if (!picture) return;
    if (this.#picture.getAttribute("src") !== picture) this.#picture.src = picture;
    this.#picture.alt = `The picture: ${title}`;
    find(this, ".own").ariaLabel = `${this.#picture.alt}: what to do with it`;
    this.#fill(labels, likely, `${labels[usual]} (${known ? "its label" : "what it says"})`);
    const [one, other] = ["label", "goal"].map((kind) => find(this, `select.${kind}`, HTMLSelectElement));
    one.value = String(label === null || label === usual ? "" : label);
    other.value = String(goal ?? "");
    for (const option of other.options) option.disabled = option.value === String(label ?? usual);
  }

  /** @param {string[]} labels @param {{ index: number, text: string }[]} likely @param {string} usual */
  #fill(labels, likely, usual) {
    const listed = JSON.stringify([labels.length, labels[0], likely, usual]);
    if (listed === this.#listed) return;
    this.#listed = listed;
    const all = () => labels.map((text, index) => html`<option value="${index}">${text}</option>`);
    const options = () => labels.length <= ALL ? all() : [
      html`<optgroup label="Likeliest">${likely.map(({ index, text }) => html`<option value="${index}">${text}</option>`)}</optgroup>`,
      html`<optgroup label="All classes">${all()}</optgroup>`,
    ];
    find(this, "select.label").replaceChildren(html`<option value="">${usual}</option>`, ...options());
    find(this, "select.goal").replaceChildren(html`<option value="">any wrong class</option>`, ...options());
  }

  /** @param {string} kind @param {Event} event */
  #chosen(kind, event) {
    const { value } = /** @type {HTMLSelectElement} */ (event.currentTarget);
    this.#say(kind, { index: value === "" ? null : Number(value) });
  }

  /** @param {string} type @param {unknown} [detail] */
  #say(type, detail) {
    this.dispatchEvent(new CustomEvent(type, { detail }));
  }
}

customElements.define("fool-head", FoolHead);
