// @ts-check
/** What the model makes of the picture: the class, how sure, all the others, and the picture as it saw it. Knows numbers. */

import { picture, put } from "../colours.js";
import { find, html } from "../html.js";
import { percent, ProbabilityBars } from "./probability-bars.js";

/** @typedef {{ labels: string[], probabilities: ArrayLike<number> | null, target: number | null, follow: boolean,
 *   seen?: { pixels: ArrayLike<number>, width: number, height: number } | null }} Guessed */

/** Events: "choose" {index}, "follow" {on}, "live" {on}, "classify", "menu" {anchor, x?, y?} of the picture as it was seen. */
export class GuessCard extends HTMLElement {
  #body = html`<section class="card" aria-labelledby="sees-title">
    <div class="row spread"><h2 id="sees-title">What it sees</h2>
      <div class="row"><span class="chip" title="chosen from the measured time"></span>
      <label class="check"><input type="checkbox" name="live" @change=${(/** @type {Event} */ e) => this.#tell("live", e)}> Live</label></div>
    </div>
    <div class="verdict"><strong></strong><p><span class="sure"></span><small class="dim"></small></p>
      <figure><button type="button" class="seen quiet" aria-haspopup="menu" aria-label="The picture as the model saw it: what to do with it" @click=${(/** @type {MouseEvent} */ e) => this.#menu(e)} @contextmenu=${(/** @type {MouseEvent} */ e) => this.#menu(e)}><canvas width="28" height="28" role="img" aria-label="The picture as the model saw it"></canvas></button><figcaption class="small dim">model saw</figcaption></figure></div>
    <probability-bars role="group" aria-label="Classes; choose one to explain it"></probability-bars>
    <div class="row spread"><label class="check"><input type="checkbox" name="follow" @change=${(/** @type {Event} */ e) => this.#tell("follow", e)}> Follow the guess</label>
      <button type="button" class="primary" @click=${() => this.dispatchEvent(new CustomEvent("classify", { bubbles: true }))}>Classify <kbd>⏎</kbd></button></div>
  </section>`;

  connectedCallback() {
    if (!this.#body.isConnected) this.append(this.#body);
  }

  /** @param {Guessed} data */
  set data({ labels, probabilities, target, follow, seen }) {
    const order = probabilities ? [...labels.keys()].sort((a, b) => probabilities[b] - probabilities[a]) : [];
    const [top, next] = order;
    const sure = probabilities ? `${percent(probabilities[top])} sure` : "nothing drawn";
    const label = find(this, ".verdict strong");
    label.textContent = probabilities ? labels[top] : "–";
    label.classList.toggle("long", label.textContent.length > 3);
    find(this, ".sure").textContent = sure;
    find(this, ".verdict small").textContent = probabilities && next !== undefined ? `then ${labels[next]} at ${atLeast(probabilities[next])}` : "";
    find(this, "probability-bars", ProbabilityBars).data = { labels, probabilities, top, target };
    find(this, "[name=follow]", HTMLInputElement).checked = follow;
    find(this, "figure").classList.toggle("none", !seen);
    if (seen) put(find(this, "canvas", HTMLCanvasElement), picture(seen.pixels, seen.width, seen.height, 1, 255));
  }

  /** How questions are asked at the moment. @param {{ on: boolean, text: string, button: boolean }} pace */
  set pace({ on, text, button }) {
    find(this, "[name=live]", HTMLInputElement).checked = on;
    find(this, ".chip").textContent = text;
    find(this, ".primary").hidden = !button;
  }

  /** What is shown is old: it stays, and is dimmed if the new takes its time. @param {boolean} waiting */
  set waiting(waiting) {
    this.#body.classList.toggle("waiting", waiting);
  }

  /** @param {MouseEvent} event */
  #menu(event) {
    event.preventDefault();
    const anchor = /** @type {HTMLElement} */ (event.currentTarget);
    const there = event.type === "contextmenu" && (event.clientX || event.clientY) ? { x: event.clientX, y: event.clientY } : {};
    this.dispatchEvent(new CustomEvent("menu", { detail: { anchor, ...there } }));
  }

  /** @param {string} type @param {Event} event */
  #tell(type, event) {
    const on = /** @type {HTMLInputElement} */ (event.target).checked;
    this.dispatchEvent(new CustomEvent(type, { detail: { on } }));
  }
}

/** @param {number} share */
const atLeast = (share) => (share < 0.0005 ? "less than 0.1 %" : percent(share));

customElements.define("guess-card", GuessCard);
