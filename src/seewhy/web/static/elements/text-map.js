// @ts-check
/** A map read as text: how much each ninth of the picture adds up to. Knows values. */

import { fragment } from "../html.js";
import { signed } from "./colour-legend.js";

const ROWS = ["top", "middle", "bottom"];
const COLUMNS = ["left", "middle", "right"];

export class TextMap extends HTMLElement {
  /** @param {{ values: ArrayLike<number>, width: number, height: number, label: string } | null} data */
  set data(data) {
    this.replaceChildren();
    if (!data) return;
    const sums = ninths(data);
    const cell = (/** @type {number} */ sum) => fragment`<td>${signed(sum)}</td>`;
    this.append(fragment`<table class="text small"><caption class="visually-hidden">${data.label}: sum of the values in each ninth of the picture</caption>
      <thead><tr><td></td>${COLUMNS.map((name) => fragment`<th scope="col">${name}</th>`)}</tr></thead>
      <tbody>${ROWS.map((name, y) => fragment`<tr><th scope="row">${name}</th>${sums.slice(3 * y, 3 * y + 3).map(cell)}</tr>`)}</tbody></table>`);
  }
}

/** Sums over three rows of three. @param {{ values: ArrayLike<number>, width: number, height: number }} map */
export function ninths({ values, width, height }) {
  const sums = new Array(9).fill(0);
  for (let i = 0; i < width * height; i++) {
    const [x, y] = [i % width, Math.floor(i / width)];
    sums[3 * Math.floor((3 * y) / height) + Math.floor((3 * x) / width)] += values[i];
  }
  return sums;
}

customElements.define("text-map", TextMap);
