// @ts-check
/** What an examination found: one line a check, with a mark, a sentence and what to do. Knows outcomes, no run. */

import { html } from "../html.js";

/** @typedef {{ check: string, title: string, state: "fine" | "warning" | "skipped", sentence: string, advice: string, source: string, link: string }} Outcome */
/** @typedef {{ sentence: string, clean: boolean, outcomes: Outcome[], warnings: string[] }} Diagnosis */

const MARKS = { fine: ["✓", "Fine"], warning: ["⚠", "Found"], skipped: ["–", "Nothing to look at"] };

export class CheckList extends HTMLElement {
  /** @param {Diagnosis | null} data */
  set data(data) {
    this.replaceChildren();
    if (data) this.#show(data);
  }

  /** @param {Diagnosis} data */
  #show(data) {
    const { sentence, clean, outcomes, warnings } = data;
    const found = outcomes.filter(({ state }) => state === "warning");
    const rest = outcomes.filter(({ state }) => state !== "warning");
    this.replaceChildren(
      html`<p class="headline ${clean ? "" : "note"}">${sentence}</p>`,
      html`<ul class="outcomes">${found.map(line)}${warnings.map((text) => line({ check: "map", title: "The map", state: "warning", sentence: text, advice: "", source: "", link: "" }))}${rest.map(line)}</ul>`,
    );
  }
}

/** @param {Outcome} outcome */
function line({ check, title, state, sentence, advice, source, link }) {
  const [mark, words] = MARKS[state];
  return html`<li data-check="${check}" data-state="${state}"><span class="mark" role="img" aria-label="${words}">${mark}</span>
    <b>${title}</b><span class="said">${sentence}${advice && html`<span class="advice">${advice}</span>`}${advice && source && html`<a class="small" href="${link}" rel="noreferrer" target="_blank">${source}</a>`}</span></li>`;
}

customElements.define("check-list", CheckList);
