// @ts-check
/** The trust figure beside a map: a word, a number out of the random maps, and the sentence behind it. Knows numbers only. */

import { html } from "../html.js";

/** @typedef {{ value: number, word: string, sentence: string, maps: number }} Trust */

const SIGNS = /** @type {Record<string, string>} */ ({ trust: "✓", doubt: "?" });
const WORDS = /** @type {Record<string, string>} */ ({ "no better than chance": "like chance" });

export class TrustMark extends HTMLElement {
  /** Null where there is none. @param {Trust | null | undefined} trust */
  set data(trust) {
    this.hidden = !trust;
    this.title = trust?.sentence ?? "";
    this.dataset.word = trust?.word ?? "";
    const beaten = trust ? Math.round(trust.value * trust.maps) : 0;
    this.replaceChildren(...(trust ? [html`<b>${SIGNS[trust.word] ?? "✗"} ${WORDS[trust.word] ?? trust.word}</b>`, html`<span class="dim">beats ${beaten} of ${trust.maps}</span>`] : []));
    if (trust) this.setAttribute("aria-label", trust.sentence);
  }

  connectedCallback() {
    this.setAttribute("role", "note");
    if (!this.childElementCount) this.hidden = true;
  }
}

customElements.define("trust-mark", TrustMark);
