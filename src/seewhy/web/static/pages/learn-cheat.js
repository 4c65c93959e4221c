// @ts-check
/** Learn: catch a cheating model. Two models pass the same exam; their maps and a little paint tell which one cheats. */

import { picture, put } from "../colours.js";
import { HeatMap } from "../elements/heat-map.js";
import { percent } from "../elements/probability-bars.js";
import { TrustMark } from "../elements/trust-mark.js";
import { find, html } from "../html.js";
import { format } from "../route.js";
import { blocks, markOf, painted } from "./learn-cheat-marks.js";

/** @typedef {import("./learn.js").Lesson} Lesson */
/** @typedef {import("./learn-cheat-marks.js").Picture} Picture */

const DATA = "shortcuts";
const MODELS = [{ name: "shortcuts-cheat", alias: "A" }, { name: "shortcuts-honest", alias: "B" }];
const METHOD = "grad-cam-plus-plus";
const SHOWN = 4; // pictures with maps
const ASKED = 12; // pictures that are painted

/** @param {HTMLElement} page @param {Lesson} lesson */
export async function showCheat(page, { app }) {
  if (page.querySelector(".learn-cheat")) return;
  const control = new AbortController();
  page.replaceChildren(html`<article class="learn-cheat">
    <p class="crumbs small"><a href="${format("learn", { model: app.model?.name })}">Learn</a></p>
    <h1 tabindex="-1">Catch a cheating model</h1>
    <p class="lede">Two networks learnt to tell circles, squares, triangles and crosses. Both pass the exam. One of them hardly looks at the shapes.</p>
    <section class="card" aria-labelledby="exam"><h2 id="exam">The exam</h2>
      <p>2,000 pictures that neither has seen, made like those they learnt from.</p>
      <div class="pair exam">${MODELS.map(({ alias }) => html`<div><h3>Model ${alias}</h3><p class="big" data-model="${alias}">…</p></div>`)}</div>
      <div class="strip"></div>
      <button type="button" class="primary look">See where they look</button></section>
    <section class="card looks" hidden aria-labelledby="looks"><h2 id="looks">Where they look</h2></section>
    <section class="card paint" hidden aria-labelledby="paint" aria-live="polite"><h2 id="paint">After the paint</h2></section>
  </article>`);
  find(page, ".look").addEventListener("click", () => look(page, app, control.signal), { once: true });
  const { signal } = control;
  for (const { name, alias } of MODELS) {
    accuracy(app, name, "told", signal).then((share) => (find(page, `.exam [data-model=${alias}]`).textContent = `${percent(share)} right`), (problem) => trouble(page, problem));
  }
  pictures(app, SHOWN * 2).then((found) => find(page, ".strip").replaceChildren(...found.map(drawn)), (problem) => trouble(page, problem));
}

/** The maps of both models, and how much of each lies on the mark. @param {HTMLElement} page @param {import("../app.js").App} app @param {AbortSignal} signal */
async function look(page, app, signal) {
  const section = find(page, ".looks");
  section.hidden = false;
  find(page, ".look").setAttribute("disabled", "");
  section.append(html`<div class="skeleton tall"></div>`);
  try {
    const list = await pictures(app, SHOWN);
    const rows = await Promise.all(list.map(async (one) => html`<div class="three">${drawn(one)}${await Promise.all(MODELS.map(({ name, alias }) => map(app, name, alias, one, signal)))}</div>`));
    const shares = MODELS.map(({ alias }) => mean([...rows.map((row) => Number(find(row, `[data-map=${alias}]`).dataset.share))]));
    const colours = await marks(app);
    section.replaceChildren(html`<h2 id="looks">Where they look</h2>`,
      html`<p>Red is what speaks for the answer. Beside each map: is it better than random maps? A map that is not deserves no belief.</p>`,
      html`<div class="three heads small dim"><span>picture</span><span>Model A</span><span>Model B</span></div>`, ...rows,
      html`<p class="found">Of model A’s evidence <b>${percent(shares[0])}</b> lies on the little square in the corner and a pixel around it, of model B’s <b>${percent(shares[1])}</b>; by luck it would be ${percent(luck(list))}.</p>`,
      html`<p>If a model looks at the square, then the square’s colour should move its answer. Paint the squares of twelve pictures, and touch nothing else:</p>`,
      html`<div class="swatches row" role="group" aria-label="Colour of the squares">${colours.map(({ label, colour }) => swatch(label, colour, () => paint(page, app, colour, label, signal)))}</div>`);
    section.scrollIntoView({ block: "start" });
  } catch (problem) {
    if (!signal.aborted) trouble(section, problem);
  }
}

/** All squares in one colour: what both models say then; and the exam without the squares' help. @param {HTMLElement} page @param {import("../app.js").App} app @param {number[]} colour @param {string} label @param {AbortSignal} signal */
async function paint(page, app, colour, label, signal) {
  const section = find(page, ".paint");
  section.hidden = false;
  section.classList.add("stale");
  try {
    const list = await pictures(app, ASKED);
    const changed = list.map((one) => painted(one, colour));
    const said = await Promise.all(MODELS.map(({ name }) => app.api.predict(name, changed.map(({ pixels, shape }) => ({ pixels, shape })), 1)));
    const labels = said.map(({ predictions }) => predictions.map(([{ label: one }]) => one));
    const [told, exam] = await Promise.all(["told", "test"].map((split) => Promise.all(MODELS.map(({ name }) => accuracy(app, name, split, signal)))));
    const cells = changed.map((one, index) => html`<figure>${drawn(one)}<figcaption class="small">${MODELS.map(({ alias }, place) => html`<span class="${labels[place][index] === one.label ? "" : "wrong"}">${alias}: ${labels[place][index]}</span>`)}</figcaption></figure>`);
    const counts = labels.map((each) => each.filter((one) => one === label).length);
    const right = labels.map((each) => each.filter((one, index) => one === list[index].label).length);
    const cheat = right[0] < right[1] ? 0 : 1;
    section.replaceChildren(html`<h2 id="paint">Squares painted as for “${label}”</h2>`, html`<div class="twelve">${cells}</div>`,
      html`<p class="reveal"><b>Model ${MODELS[cheat].alias} cheats.</b> It now says “${label}” ${counts[cheat]} times of ${list.length}, whatever the shape; ${right[cheat]} of ${list.length} are right. Model ${MODELS[1 - cheat].alias} has ${right[1 - cheat]} right.</p>`,
      html`<table class="exam-table"><caption class="small dim">2,000 pictures each</caption><thead><tr><th></th><th scope="col">the square tells the shape</th><th scope="col">the square says nothing</th></tr></thead>
        <tbody>${MODELS.map(({ alias }, place) => html`<tr><th scope="row">Model ${alias}</th><td>${percent(told[place])}</td><td class="${place === cheat ? "wrong" : ""}">${percent(exam[place])}</td></tr>`)}</tbody></table>`,
      html`<p class="small dim">The exam could not see it, for its squares told the shapes as those in training did. ${MODELS.map(({ name, alias }) => html`<span>Model ${alias} is <a href="${format("explain", { model: name, img: list[0].address })}">${name}</a>. </span>`)}</p>`);
    for (const one of find(page, ".swatches").children) one.setAttribute("aria-pressed", String(one.getAttribute("data-label") === label));
    section.scrollIntoView({ block: "start" });
  } catch (problem) {
    if (!signal.aborted) trouble(section, problem);
  }
  section.classList.remove("stale");
}

/** @param {import("../app.js").App} app @param {string} model @param {string} alias @param {Picture} one @param {AbortSignal} signal */
async function map(app, model, alias, one, signal) {
  const run = await app.api.perform({ model, image: one.address, method: METHOD, settings: {}, target: "argmax" }, { signal });
  const { arrays } = await app.api.arrays(run.id, ["values"]);
  const [height, width] = arrays.values.shape;
  const values = /** @type {Float32Array} */ (arrays.values.data);
  const result = /** @type {import("../api.js").Result} */ (run.result);
  const heat = new HeatMap();
  heat.data = { values, width, height, scale: result.scale, signed: result.signed, sentence: `Model ${alias}. ${result.sentence}`, image: { pixels: one.pixels, channels: one.shape[0] } };
  const mark = new TrustMark();
  mark.data = result.notes.trust;
  return html`<figure data-map="${alias}" data-share="${shareOn(values, one)}">${heat}<figcaption class="small">says “${result.target.text}” ${mark}</figcaption></figure>`;
}

/** @type {Map<string, Promise<number>>} */
const accuracies = new Map();

/** @param {import("../app.js").App} app @param {string} model @param {string} split @param {AbortSignal} signal */
function accuracy(app, model, split, signal) {
  const key = `${model} ${split}`;
  const asked = accuracies.get(key) ?? app.api.perform(/** @type {any} */ ({ kind: "predictions", model, data: DATA, split }), { signal }).then(({ result }) => /** @type {any} */ (result).accuracy);
  accuracies.set(key, asked);
  asked.catch(() => accuracies.delete(key));
  return asked;
}

/** The first pictures of the exam. @param {import("../app.js").App} app @param {number} limit @returns {Promise<Picture[]>} */
async function pictures(app, limit) {
  const { items } = await app.api.items(DATA, "told", { limit });
  return Promise.all(items.map(async ({ address, label_name: label }) => {
    const { data, shape } = await app.api.image(address);
    return { address, label: label ?? "", pixels: /** @type {Float32Array} */ (data), shape };
  }));
}

/** The colour that the square has for each class. @param {import("../app.js").App} app */
async function marks(app) {
  const list = await pictures(app, 4 * ASKED);
  const seen = new Map(list.map((one) => [one.label, markOf(one)?.colour ?? []]));
  return [...seen].sort().map(([label, colour]) => ({ label, colour }));
}

/** @param {Picture} one */
function drawn({ pixels, shape: [channels, height, width], label }) {
  const canvas = /** @type {HTMLCanvasElement} */ (html`<canvas width="${width}" height="${height}" role="img" aria-label="A ${label}"></canvas>`);
  put(canvas, picture(pixels, width, height, channels, 1));
  return canvas;
}

/** @param {string} label @param {number[]} colour @param {() => void} choose */
function swatch(label, colour, choose) {
  const [dot] = [/** @type {HTMLCanvasElement} */ (html`<canvas width="1" height="1" aria-hidden="true"></canvas>`)];
  put(dot, picture(Float32Array.from(colour), 1, 1, 3, 1));
  return html`<button type="button" data-label="${label}" aria-pressed="false" aria-label="Paint all squares as for ${label}" @click=${choose}>${dot} as for “${label}”</button>`;
}

/** The share of a map's positive values on the mark and a pixel around it. @param {Float32Array} values @param {Picture} one */
function shareOn(values, one) {
  const there = new Set(blocks(one, 1));
  let [all, on] = [0, 0];
  values.forEach((value, place) => ((all += Math.max(value, 0)), (on += there.has(place) ? Math.max(value, 0) : 0)));
  return all ? on / all : 0;
}

/** @param {Picture[]} list */
const luck = (list) => mean(list.map((one) => blocks(one, 1).length / (one.shape[1] * one.shape[2])));
/** @param {number[]} values */
const mean = (values) => values.reduce((sum, value) => sum + value, 0) / values.length;
/** @param {HTMLElement} place @param {any} problem */
const trouble = (place, problem) => void (problem.name === "AbortError" || place.append(html`<p class="note" role="alert">${problem.message}</p>`));
