// @ts-check
/** The head of an Explain screen: what is explained, whether the guess is right, and what can be added. Knows words. */

import { find, html } from "../html.js";

/** @typedef {{ title: string, facts: string, wrong?: string, tools?: boolean, steps?: boolean, models?: boolean }} Head */

const CHOICES = [["picture", "Other picture"], ["method", "Add method"], ["class", "Add class"], ["model", "Add model"]];

/** Events: "step" {by}, "choice" {what}: picture, method, class or model. */
export class ExplainHead extends HTMLElement {
  /** @type {Head} */
  #data = { title: "Explain", facts: "" };
  #body = html`<div class="head-rows"><div class="masthead">
    <div class="heading"><h1 tabindex="-1">Explain</h1><p class="facts dim"></p></div>
    <div class="row tools" hidden>
      <span class="row steps" role="group" aria-label="Pictures of the data set">
        <button type="button" aria-label="Previous picture" @click=${() => this.#say("step", { by: -1 })}>‹</button>
        <button type="button" aria-label="Next picture" @click=${() => this.#say("step", { by: 1 })}>›</button></span>
      ${CHOICES.map(([what, words]) => html`<button type="button" data-what="${what}" @click=${() => this.#say("choice", { what })}>${words}</button>`)}
    </div></div>
    <p class="wrong" hidden></p></div>`;

  connectedCallback() {
    if (!this.#body.isConnected) this.append(this.#body);
  }

  get data() {
    return this.#data;
  }

  set data(data) {
    this.#data = data;
    find(this, "h1").textContent = data.title;
    find(this, ".facts").textContent = data.facts;
    find(this, ".tools").hidden = !data.tools;
    find(this, ".steps").hidden = !data.steps;
    find(this, "[data-what=model]").hidden = !data.models;
    find(this, ".wrong").hidden = !data.wrong;
    find(this, ".wrong").textContent = `⚠ ${data.wrong}`;
  }

  /** @param {string} type @param {unknown} [detail] */
  #say(type, detail) {
    this.dispatchEvent(new CustomEvent(type, { detail }));
  }
}

customElements.define("explain-head", ExplainHead);
