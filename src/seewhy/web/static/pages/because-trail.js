// @ts-check
/** Where a Because screen is on the way down: what is explained at which layer; every crumb leads back. Knows rules. */

import { html } from "../html.js";
import { crumb } from "../rule-words.js";

/** Event: "go" {length}: so many steps are left. */
export class BecauseTrail extends HTMLElement {
  /** @param {{ path: import("./because-state.js").Step[], found: import("./because-path.js").Found[] }} data */
  set data({ path, found }) {
    this.hidden = !path.length;
    const said = found[0]?.rule.key.predicted_name ?? "…";
    const go = (/** @type {number} */ length) => () => this.dispatchEvent(new CustomEvent("go", { detail: { length } }));
    const crumbs = path.map((step, at) => html`<button type="button" aria-current="${at === path.length - 1 ? "step" : "false"}" @click=${go(at + 1)}>${crumb(found[at]?.rule ?? null, step, said)}</button>`);
    this.replaceChildren(...crumbs.flatMap((one, at) => (at ? [html`<span aria-hidden="true">›</span>`, one] : [one])));
  }
}

customElements.define("because-trail", BecauseTrail);
