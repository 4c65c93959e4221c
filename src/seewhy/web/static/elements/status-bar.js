// @ts-check
/** What the shell says: the bottom line with running tasks, toasts, and sentences for people who listen. Knows texts only. */

import { html } from "../html.js";

/** @typedef {{ id: string, name: string, done: number, total: number | null, eta: number | null }} RunningTask */

const LASTING = 7000; // ms a toast stays
const PAUSE = 1000; // ms between two sentences that are read out

export class StatusBar extends HTMLElement {
  #said = -PAUSE;
  #saying = 0;
  #dot = html`<span class="dot" aria-hidden="true"></span>`;
  #message = html`<span role="status">Starting</span>`;
  #speed = html`<span class="speed"></span>`; // outside the live region: numbers that change all the time are not read out
  #tasks = html`<ul class="tasks" aria-label="Running tasks"></ul>`;
  #keys = html`<button type="button" class="quiet" @click=${() => this.dispatchEvent(new Event("help"))}><kbd>?</kbd> keys</button>`;

  #toasts = html`<div class="toasts" aria-live="polite"></div>`;
  #announcer = html`<div class="visually-hidden" aria-live="polite" data-announcer></div>`;

  connectedCallback() {
    if (this.#dot.isConnected) return;
    this.append(this.#dot, this.#message, this.#speed, this.#tasks, this.#keys, this.#toasts, this.#announcer);
  }

  /** @param {string} text @param {"ok" | "busy" | "bad"} [mood] */
  say(text, mood = "ok") {
    this.dataset.mood = mood;
    if (this.#message.textContent !== text) this.#message.textContent = text;
  }

  /** @param {string} text */
  toast(text) {
    const toast = html`<p>${text} <button type="button" class="quiet" aria-label="Close" @click=${() => toast.remove()}>×</button></p>`;
    this.#toasts.append(toast);
    while (this.#toasts.children.length > 3) this.#toasts.firstElementChild?.remove();
    setTimeout(() => toast.remove(), LASTING);
  }

  /** At most one sentence a second, the newest wins. @param {string} text */
  announce(text) {
    clearTimeout(this.#saying);
    this.#saying = setTimeout(() => {
      this.#said = performance.now();
      this.#announcer.textContent = text;
    }, Math.max(0, this.#said + PAUSE - performance.now()));
  }

  /** @param {string} text */
  set speed(text) {
    this.#speed.textContent = text;
  }

  /** @param {RunningTask[]} tasks */
  set tasks(tasks) {
    this.#tasks.replaceChildren(...tasks.map((task) => this.#entry(task)));
  }

  /** @param {RunningTask} task */
  #entry({ id, name, done, total, eta }) {
    const count = total ? ` ${done}/${total}` : "";
    const left = eta !== null && eta > 2 ? `, ${Math.ceil(eta)} s left` : "";
    const cancel = () => this.dispatchEvent(new CustomEvent("cancel-task", { detail: { id } }));
    return html`<li>${name}${count}${left}
      <progress max="${total || 1}" .value=${total ? done : 0} aria-label="${name}"></progress>
      <button type="button" class="quiet" aria-label="Cancel ${name}" @click=${cancel}>Cancel</button></li>`;
  }
}

customElements.define("status-bar", StatusBar);
