// @ts-check
/** The explanation doctor on a screen: asks for an examination and shows its list. Knows the API through the shell it is given. */

import { find, html } from "../html.js";
import { CheckList } from "../elements/check-list.js";
import { ProgressRing } from "../elements/progress-ring.js";

/** @typedef {{ model: string, image?: string, method?: string, settings?: Record<string, unknown>, target?: unknown }} Question */

export class DoctorPanel extends HTMLElement {
  /** Set by who makes it. @type {import("../app.js").App} */
  app = /** @type {any} */ (null);
  #key = "";
  #list = new CheckList();
  #ring = new ProgressRing();
  #trouble = html`<p class="trouble note" role="alert" hidden></p>`;

  connectedCallback() {
    if (this.#list.isConnected) return;
    this.#ring.hidden = true;
    this.append(this.#ring, this.#trouble, this.#list);
  }

  /** Forgets what was shown. */
  clear() {
    this.#key = "";
    this.#list.data = null;
    this.#trouble.hidden = this.#ring.hidden = true;
  }

  /** Examines, unless that is what is shown already. @param {Question} question */
  async examine(question) {
    const task = { kind: "doctor", ...question };
    const key = JSON.stringify(task);
    if (key === this.#key) return;
    this.clear();
    this.#key = key;
    const current = () => this.#key === key;
    try {
      this.#ring.hidden = false;
      this.#ring.data = null;
      const run = await this.app.api.perform(/** @type {any} */ (task), { progress: (now) => current() && (this.#ring.data = now) });
      if (!current()) return;
      const found = /** @type {any} */ (run.result);
      this.#list.data = found;
      this.app.announce(found.sentence);
    } catch (problem) {
      if (!current()) return;
      this.#key = "";
      Object.assign(this.#trouble, { hidden: false, textContent: /** @type {Error} */ (problem).message });
    } finally {
      if (current() || !this.#key) this.#ring.hidden = true;
    }
  }
}

customElements.define("doctor-panel", DoctorPanel);

/** A button and the list it asks for. @param {import("../app.js").App} app @param {() => Question | null} question */
export function doctorCard(app, question) {
  const panel = new DoctorPanel();
  panel.app = app;
  const card = html`<section class="card doctor" aria-labelledby="doctor-title"><h2 id="doctor-title">Doctor</h2>
    <div class="row"><p class="small dim">Twelve mistakes that make maps mislead, and what to do about each.</p><button type="button" class="primary examine">Examine</button></div></section>`;
  card.append(panel);
  find(card, ".examine").addEventListener("click", () => {
    const asked = question();
    panel.clear();
    if (asked) panel.examine(asked);
  });
  return { card, panel };
}
