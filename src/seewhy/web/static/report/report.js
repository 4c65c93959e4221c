// @ts-check
/** Brings a report to life: its maps, and the controls that all of them obey. Knows only what its own file holds. */

import { picture, put } from "../colours.js";
import { brief } from "../elements/colour-legend.js";
import { HeatMap } from "../elements/heat-map.js";
import { find } from "../html.js";

/** @typedef {{ values: string, image: string, width: number, height: number, channels: number, scale: number, signed: boolean, unit: string, sentence: string }} Stored */

/** @type {Stored[]} */
const stored = JSON.parse(find(document, "#maps", HTMLScriptElement).textContent ?? "[]");
const articles = [...document.querySelectorAll("article.map")];
const maps = articles.map((article, number) => show(article, stored[number]));

control("opacity", (value) => maps.forEach((map) => (map.opacity = value)), (value) => `${Math.round(100 * value)} %`);
control("strength", (value) => maps.forEach((map) => (map.strength = 2 ** value)), (value) => `× ${brief(2 ** value)}`);
find(document, "#views", HTMLElement).addEventListener("change", ({ target }) => {
  if (target instanceof HTMLInputElement) for (const map of maps) map.view = /** @type {any} */ (target.value);
});
find(document, "#controls", HTMLElement).hidden = maps.length === 0;

/** @param {Element} article @param {Stored} item */
function show(article, { values, image, width, height, channels, scale, signed, unit, sentence }) {
  const pixels = floats(image);
  const canvas = find(article, "canvas.seen", HTMLCanvasElement);
  put(canvas, picture(pixels, width, height, channels));
  const map = find(article, "heat-map", HeatMap);
  for (const element of [canvas, map]) element.style.aspectRatio = `${width} / ${height}`;
  map.data = { values: floats(values), width, height, scale, signed, sentence, image: { pixels, channels } };
  const legend = /** @type {import("../elements/colour-legend.js").ColourLegend} */ (find(article, "colour-legend"));
  legend.data = { scale, signed, unit };
  const readout = find(article, "output", HTMLOutputElement);
  map.addEventListener("probe", (event) => {
    const { detail } = /** @type {CustomEvent<{ x: number, y: number, value: number } | null>} */ (event);
    readout.textContent = detail ? `row ${detail.y}, column ${detail.x}: ${brief(detail.value)}` : "\u00a0";
  });
  return map;
}

/** @param {string} id @param {(value: number) => void} change @param {(value: number) => string} say */
function control(id, change, say) {
  const slider = find(document, `#${id}`, HTMLInputElement);
  const update = () => {
    const words = say(slider.valueAsNumber);
    slider.setAttribute("aria-valuetext", words);
    find(document, `output[for="${id}"]`, HTMLOutputElement).textContent = words;
    change(slider.valueAsNumber);
  };
  slider.addEventListener("input", update);
  update();
}

/** @param {string} text base64 of float32, little-endian */
function floats(text) {
  const bytes = Uint8Array.from(atob(text), (letter) => letter.charCodeAt(0));
  return new Float32Array(bytes.buffer);
}
