// @ts-check
/** How the nudge is laid out, and how an attack explains itself. Knows no question and no answer. */

import { html, mathml } from "../html.js";

/** @param {Record<"equation" | "slider" | "chart" | "bars" | "ring" | "choice", HTMLElement>} parts */
export function body({ equation, slider, chart, bars, ring, choice }) {
  return html`<div class="nudge-tab">
    <div class="main">
      <section class="card board" aria-label="The nudge">
        ${equation}
        <div class="slider"><label for="fool-eps">ε</label>${slider}<output for="fool-eps"></output></div>
        <div class="outcome"><p class="verdict-line" role="status"></p><p class="now dim"></p></div>
        <div class="row after-tools"><button type="button" class="blink" aria-pressed="false" title="Space, held">Show x</button></div>
        <div class="over-it" hidden>${ring}<button type="button" class="cancel">Cancel</button></div>
        <p class="note problem" role="alert" hidden></p><div class="warnings"></div>
      </section>
      <section class="card curve" aria-labelledby="curve-title"><div class="row spread"><h2 id="curve-title">Chance while ε grows</h2><p class="small dim">Point at the curve to set ε.</p></div>${chart}</section>
    </div>
    <div class="aside">
      <section class="card" aria-label="The attack">${choice}</section>
      <section class="card says" aria-labelledby="says-title"><h2 id="says-title">What it says of x′</h2>${bars}<p class="small dim">Choose a class to make it the goal.</p></section>
      <section class="card" aria-labelledby="far-title"><h2 id="far-title">How far x′ is from x</h2>
        <dl class="norms"><div><dt>L∞ <span>largest change</span></dt><dd class="linf"></dd></div><div><dt>L2 <span>length of all changes</span></dt><dd class="l2"></dd></div><div><dt>L0 <span>pixels that differ</span></dt><dd class="l0"></dd></div></dl></section>
    </div>
    <section class="card wide both" aria-labelledby="both-title"></section>
    <details class="card wide about"><summary>How this works</summary><div class="how-body"></div></details>
  </div>`;
}

/** What an attack does, its formula, what it cannot say, and where it comes from. @param {import("../api.js").Method} method */
export const about = ({ about: words, formula_mathml: formula, limits, link, source }) => [
  html`<div class="words">${words.split("\n\n").map((part) => html`<p>${part}</p>`)}<div class="formula">${mathml(formula)}</div></div>`,
  html`<div class="words"><ul>${limits.map((limit) => html`<li>${limit}</li>`)}</ul><p class="small"><a href="${link}" target="_blank" rel="noopener noreferrer">${source}</a></p></div>`,
];
