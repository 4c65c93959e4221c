// @ts-check
/** Play, pause and a slider over numbered steps. Knows how many steps there are and how to say one, not what they show. */

import { find, html } from "../html.js";

/** @typedef {{ last: number, label: string, say: (step: number) => string, show?: (step: number) => string }} Film */

const SECONDS = 4; // a whole film, however many steps it has

/** Event: "step" {step}, also when the film moves by itself. */
export class StepFilm extends HTMLElement {
  /** @type {Film | null} */
  #data = null;
  #step = 0;
  #frame = 0;
  #body = html`<div class="film-bar">
    <button type="button" class="play" @click=${() => this.toggle()}><span aria-hidden="true"></span><b>Play</b></button>
    <input type="range" min="0" step="1" value="0" @input=${() => this.#slide()}>
    <output></output>
  </div>`;

  connectedCallback() {
    if (!this.#body.isConnected) this.append(this.#body);
  }

  disconnectedCallback() {
    this.pause();
  }

  get data() {
    return this.#data;
  }

  /** Keeps its place, unless there are fewer steps now. */
  set data(data) {
    const fresh = !this.#data || this.#step === this.#data.last;
    this.#data = data;
    if (!data) return;
    const slider = find(this.#body, "input", HTMLInputElement);
    slider.max = String(data.last);
    slider.setAttribute("aria-label", data.label);
    this.#go(fresh && !this.playing ? data.last : Math.min(this.#step, data.last), false);
  }

  get step() {
    return this.#step;
  }

  set step(step) {
    this.#go(step, false);
  }

  get playing() {
    return this.#frame !== 0;
  }

  toggle() {
    if (this.playing) this.pause();
    else this.play();
  }

  /** From the start if it stands at the end. */
  play() {
    if (!this.#data || this.playing) return;
    const { last } = this.#data;
    const from = this.#step >= last ? 0 : this.#step;
    const began = performance.now() - (from / last) * SECONDS * 1000;
    this.#go(from);
    const tick = (/** @type {number} */ now) => {
      const step = Math.max(0, Math.min(last, Math.floor(((now - began) / 1000 / SECONDS) * last))); // a frame may be older than the click
      if (step !== this.#step) this.#go(step);
      if (step >= last) this.pause();
      else this.#frame = requestAnimationFrame(tick);
    };
    this.#frame = requestAnimationFrame(tick);
    this.#button();
  }

  pause() {
    cancelAnimationFrame(this.#frame);
    this.#frame = 0;
    this.#button();
  }

  /** Once, for those who do not mind movement. */
  playOnce() {
    if (!matchMedia("(prefers-reduced-motion: reduce)").matches) this.play();
  }

  #button() {
    this.classList.toggle("playing", this.playing);
    find(this.#body, ".play b").textContent = this.playing ? "Pause" : "Play";
  }

  #slide() {
    this.pause();
    this.#go(find(this.#body, "input", HTMLInputElement).valueAsNumber);
  }

  /** @param {number} step @param {boolean} [tell] */
  #go(step, tell = true) {
    if (!this.#data) return;
    this.#step = step;
    const slider = find(this.#body, "input", HTMLInputElement);
    slider.value = String(step);
    slider.setAttribute("aria-valuetext", this.#data.say(step));
    find(this.#body, "output").textContent = this.#data.show?.(step) ?? `${step} of ${this.#data.last}`;
    if (tell) this.dispatchEvent(new CustomEvent("step", { detail: { step } }));
  }
}

customElements.define("step-film", StepFilm);
