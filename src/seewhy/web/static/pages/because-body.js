// @ts-check
/** The parts of a Because screen, built once. Knows no state. */

import { html } from "../html.js";

export const body = () => html`<div class="because">
    <div class="masthead"><div class="heading"><h1 tabindex="-1">Because…</h1><p class="dim lead">Pick a picture: which facts inside the network decide what it says?</p><because-trail class="trail" role="navigation" aria-label="Trail" hidden></because-trail></div>
      <div class="row tools" hidden><button type="button" class="back">← Back</button><button type="button" class="forward" aria-label="Forward">→</button>
      <label class="check"><input type="checkbox" class="restrict"> <span>Restrict to class</span></label><button type="button" class="tree">Tree</button><button type="button" class="other">Another picture</button></div></div>
    <p class="note trouble" role="alert"></p>
    <section class="card layers" aria-label="Layers"><div class="row"><span class="small dim">layers</span><layer-strip></layer-strip></div></section>
    <section class="card pick" aria-label="Pick a picture"><because-pick></because-pick></section>
    <section class="card selected" aria-label="The picture in question" hidden><because-selected></because-selected></section>
    <div class="work" hidden>
      <section class="card pictures" aria-label="The rule in pictures"><div class="row spread"><h2 class="heading-of"></h2><button type="button" class="quiet plain" hidden>All that satisfy the rule</button></div>
        <div class="scroller"><rule-grid></rule-grid></div>
        <p class="small dim help">Click a crop to ask why its condition holds, one layer down. Right-click, long-press, ⋯ or <kbd>Shift F10</kbd> for Examples and Counterexamples.</p></section>
      <div class="aside"><section class="card" aria-label="The rule"><rule-panel></rule-panel></section>
        <because-deeper></because-deeper>
        <details class="card search"><summary>Search settings</summary><settings-form></settings-form><button type="button" class="again">Explain again</button></details>
        <details class="card log"><summary>Log</summary><pre></pre><button type="button" class="quiet copy">Copy</button></details></div>
    </div>
  </div>`;
