// @ts-check
/** A rule in words and numbers: its conditions, how far it can be trusted on both splits, and what to look at next. Knows one rule, no layer below. */

import { html } from "../html.js";
import { claim, hint, meaning, percent, range, ratio } from "../rule-words.js";
import { UnitHistogram } from "./unit-histogram.js";

/** @typedef {import("../rule-words.js").Rule} Rule */
/** @typedef {import("../rule-words.js").Counts} Counts */

/** Events: "point" {row}; "ask" {row}; "menu" {row, place}; "look" {kind}. */
export class RulePanel extends HTMLElement {
  /** @type {HTMLElement[]} */
  #lines = [];
  #histogram = new UnitHistogram();
  #about = html`<p class="small dim about"></p>`;

  /** @param {{ rule: Rule, below: string | null }} data below: the layer that a condition would be explained at */
  set data({ rule, below }) {
    const parts = rule.premise.parts ?? [];
    this.#lines = parts.map((part, row) => this.#line(part, row, rule.fractions[row]?.[1] ?? null, below));
    /** @type {string[]} */
    const warnings = rule.notes.warnings ?? [];
    this.replaceChildren(
      html`<h2>If all of these hold at <code>${rule.layer}</code>, ${claim(rule.conclusion)}</h2>`,
      html`<ol class="conditions">${this.#lines}</ol>`,
      html`<div class="spread-of" hidden>${this.#about}${this.#histogram}</div>`,
      table(rule),
      html`<p class="meaning">“${meaning(rule)}”</p>`,
      html`<p class="small dim" ?hidden=${!hint(rule)}>${hint(rule)}</p>`,
      ...warnings.map((warning) => html`<p class="note">${warning.replace(/^./, (first) => first.toUpperCase())}.</p>`),
      html`<div class="row next"><button type="button" ?disabled=${!rule.train.f && !rule.test.f} @click=${() => this.#tell("look", { kind: "false" })}>See the exceptions <b>${rule.train.f + rule.test.f}</b></button>
        <button type="button" ?disabled=${!parts.length} @click=${() => this.#tell("look", { kind: "near" })}>Near misses</button></div>`,
    );
  }

  /** The condition that is pointed at, −1 for none. @param {number} row */
  set pointed(row) {
    this.#lines.forEach((line, at) => line.classList.toggle("pointed", at === row));
  }

  /** How the values of a condition's unit are spread. @param {{ text: string, fractions: [number, number], histogram: import("./unit-histogram.js").Data } | null} spread */
  set spread(spread) {
    const box = this.querySelector(".spread-of");
    if (!(box instanceof HTMLElement)) return;
    box.hidden = !spread;
    this.#histogram.data = spread?.histogram ?? null;
    this.#about.textContent = spread ? `${spread.text} holds for ${percent(spread.fractions[0])} of training and ${percent(spread.fractions[1])} of test images. Bars: training, line: test, ▲: this picture.` : "";
  }

  /** @param {import("../rule-words.js").Predicate} part @param {number} row @param {number | null} share @param {string | null} below */
  #line(part, row, share, below) {
    const point = (/** @type {number} */ to) => () => this.#tell("point", { row: to });
    const why = below ? `Why does condition ${row + 1} hold? Ask at ${below}` : "There is no lower layer to explain this condition with";
    return html`<li @pointerenter=${point(row)} @pointerleave=${point(-1)} @focusin=${point(row)} @focusout=${point(-1)}>
      <button type="button" class="condition" title="${why}" aria-label="Condition ${row + 1}: ${part.text}, holds for ${percent(share)} of test images. ${why}" ?disabled=${!below} @click=${() => this.#tell("ask", { row })}>
        <span class="disc">${row + 1}</span><code>${part.text}</code><span class="share">${percent(share)}</span></button>
      <button type="button" class="more quiet" aria-label="Menu of condition ${row + 1}" aria-haspopup="menu" @click=${(/** @type {Event} */ event) => this.#tell("menu", { row, place: { anchor: event.currentTarget } })}>⋯</button></li>`;
  }

  /** @param {string} type @param {object} detail */
  #tell(type, detail) {
    this.dispatchEvent(new CustomEvent(type, { detail }));
  }
}

/** F, N, P, precision and recall of both splits, with what chance would give. @param {Rule} rule */
function table({ train, test }) {
  const cell = (/** @type {string} */ value, /** @type {string} */ under) => html`<td>${value}<small>${under}</small></td>`;
  const row = (/** @type {string} */ name, /** @type {Counts} */ counts) => html`<tr class="${name}"><th scope="row">${name}<small>of ${counts.total.toLocaleString("en")}</small></th>
    <td>${counts.f.toLocaleString("en")}</td><td>${counts.n.toLocaleString("en")}</td><td>${counts.p.toLocaleString("en")}</td>
    ${cell(ratio(counts.precision), range(counts.precision_interval))}${cell(ratio(counts.recall), range(counts.recall_interval))}</tr>`;
  const lift = test.lift === null ? "" : `, so the rule is ${test.lift >= 10 ? test.lift.toFixed(0) : test.lift.toFixed(1)} times as good as guessing`;
  return html`<div class="counts"><table><caption class="visually-hidden">How far the rule can be trusted</caption>
    <thead><tr><th></th><th scope="col"><abbr title="false: satisfy the rule, but the conclusion does not hold">F</abbr></th><th scope="col"><abbr title="images that satisfy the rule">N</abbr></th>
      <th scope="col"><abbr title="images for which the conclusion holds">P</abbr></th><th scope="col"><abbr title="(N − F) / N, with its 95 % interval">precision</abbr></th><th scope="col"><abbr title="(N − F) / P, with its 95 % interval">recall</abbr></th></tr></thead>
    <tbody>${row("train", train)}${row("test", test)}</tbody></table>
    <p class="small dim">Learned on train; test is what counts. Base rate ${ratio(test.base_rate)}${lift}.</p></div>`;
}

customElements.define("rule-panel", RulePanel);
