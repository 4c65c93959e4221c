// @ts-check
/** Methods side by side: their maps, and whether an axiom holds for each. Knows maps and verdicts, no run. */

import { find, html } from "../html.js";
import { HeatMap } from "./heat-map.js";

/** @typedef {{ values: Float32Array, width: number, height: number, scale: number, signed: boolean, sentence: string }} Picture */
/** @typedef {{ pictures: Picture[], holds: boolean, words: string, sentence: string }} Verdict */

export class AxiomList extends HTMLElement {
  /** @param {{ label: string, maps: string[], rows: { name: string, title: string }[] }} data maps: what each map of a method is called, empty where there is one */
  set data({ label, maps, rows }) {
    const place = (/** @type {string} */ words) => html`<figure><div class="map skeleton"></div>${words && html`<figcaption class="small dim">${words}</figcaption>`}</figure>`;
    this.replaceChildren(html`<ul aria-label="${label}">${rows.map(({ name, title }) => html`<li data-method="${name}"><h3>${title}</h3><div class="maps">${maps.map(place)}</div><div class="outcome dim small">waiting</div></li>`)}</ul>`);
  }

  /** @param {string} name @param {Verdict} verdict */
  show(name, { pictures, holds, words, sentence }) {
    const item = this.#item(name);
    item.dataset.holds = String(holds);
    const places = item.querySelectorAll("figure .map");
    pictures.forEach((picture, at) => {
      const map = new HeatMap();
      map.data = picture;
      places[at]?.classList.remove("skeleton");
      places[at]?.replaceChildren(map);
    });
    find(item, ".outcome").className = "outcome";
    find(item, ".outcome").replaceChildren(html`<b class="${holds ? "holds" : "fails"}">${holds ? "✓" : "✗"} ${words}</b>`, html`<span class="visually-hidden">${sentence}</span>`);
    item.title = sentence;
  }

  /** It could not be tried. @param {string} name @param {string} reason */
  refuse(name, reason) {
    const item = this.#item(name);
    item.dataset.holds = "none";
    find(item, ".maps").replaceChildren();
    find(item, ".outcome").replaceChildren(reason);
  }

  /** How it stands: for which it holds, for which not, and how many are still to come. */
  get tally() {
    const items = /** @type {HTMLElement[]} */ ([...this.querySelectorAll("li")]);
    const title = (/** @type {HTMLElement} */ item) => find(item, "h3").textContent ?? "";
    return {
      holds: items.filter(({ dataset }) => dataset.holds === "true").map(title),
      fails: items.filter(({ dataset }) => dataset.holds === "false").map(title),
      waiting: items.filter(({ dataset }) => dataset.holds === undefined).length,
    };
  }

  /** @param {string} name */
  #item(name) {
    return find(this, `[data-method="${CSS.escape(name)}"]`);
  }
}

customElements.define("axiom-list", AxiomList);
