// @ts-check
/** One map over several baselines, and what survives them all. Knows cells, and the API through the shell. Loaded when somebody asks. */

import { html } from "../html.js";
import { ColourLegend, signed } from "../elements/colour-legend.js";
import { HeatMap } from "../elements/heat-map.js";
import { baselines, share, surviving } from "../sweep.js";

/** @typedef {import("./explain-cell.js").ExplainCell} ExplainCell */
/** @typedef {import("../app.js").App} App */
/** @typedef {{ app: App, methods: import("../api.js").Method[], cell: ExplainCell | null, columns: (method: string, setting: string, choices: string[]) => unknown }} Here */

/** What each place is about, and how to stop it. @type {WeakMap<HTMLElement, { key: string, control: AbortController }>} */
const under = new WeakMap();

/** @param {HTMLElement} place @param {Here} here */
export async function showSweep(place, { app, methods, cell, columns }) {
  const task = cell?.asked?.task ?? null;
  const key = JSON.stringify(task);
  if (under.get(place)?.key === key) return;
  under.get(place)?.control.abort();
  const control = new AbortController();
  under.set(place, { key, control });
  if (!cell || !task) return place.replaceChildren(html`<p class="dim">There is no map here.</p>`);
  const method = methods.find(({ name }) => name === task.method);
  const set = app.model?.datasets?.[0];
  const found = method ? baselines(method, set ? await firstOf(app, set) : "") : null;
  if (control.signal.aborted) return;
  const title = html`<h2>${cell.name}</h2>`;
  if (!found) return place.replaceChildren(title, html`<p class="dim">${method?.title} compares the picture with nothing, so there is no baseline to change.</p>`);
  const { setting, choices } = found;
  const row = html`<div class="sweep"></div>`;
  const said = html`<p role="status" class="said"></p>`;
  place.replaceChildren(title, html`<p class="small dim">The same question, each time against another picture of “nothing” (the setting “${setting}”). What survives is, pixel by pixel, the weakest value where all maps have the same sign.</p>`, row, said,
    html`<p><button type="button" @click=${() => columns(task.method, setting, choices)}>Show them as columns</button></p>`);
  const figures = choices.map((choice) => figure(named(choice)));
  row.append(...figures.map(({ node }) => node));
  link(row);
  const maps = await Promise.all(choices.map((choice, at) => fill(app, { ...task, settings: { ...task.settings, [setting]: choice } }, figures[at], control.signal)));
  if (control.signal.aborted) return;
  summarise(maps.flatMap((map) => map ?? []), choices.filter((_, at) => maps[at]), row, said, cell.asked?.row ?? "");
}

/** Forgets what a place showed, and stops its runs. @param {HTMLElement} place */
export function stopSweep(place) {
  under.get(place)?.control.abort();
  under.delete(place);
}

/** A picture that stands for a data set. @param {App} app @param {string} name */
async function firstOf({ api }, name) {
  const set = (await api.datasets().catch(() => [])).find((one) => one.name === name && one.available);
  return set ? `${set.name}/${"train" in set.splits ? "train" : Object.keys(set.splits)[0]}/0` : "";
}

/** @typedef {{ values: Float32Array, width: number, height: number, scale: number, signed: boolean, image: { pixels: Float32Array, channels: number } }} Found */
/** @typedef {{ node: HTMLElement, map: HeatMap, words: HTMLElement }} Figure */

/** @param {string} title @returns {Figure} */
function figure(title) {
  const map = new HeatMap();
  map.setAttribute("aria-label", `${title}: no map yet`);
  const words = html`<span class="small dim">waiting</span>`;
  return { map, words, node: html`<figure>${map}<figcaption><b>${title}</b>${words}</figcaption></figure>` };
}

/** @param {string} choice */
const named = (choice) => choice.replace(/^mean:/, "mean of ");

/** @param {App} app @param {import("../api.js").Task} task @param {Figure} figure @param {AbortSignal} signal @returns {Promise<Found | null>} */
async function fill({ api }, task, { map, words, node }, signal) {
  try {
    const run = await api.perform(task, { signal, progress: ({ done, total }) => (words.textContent = total ? `${done} of ${total}` : "running") });
    const { arrays: { values, image } } = await api.arrays(run.id, ["values", "image"]);
    const { scale, signed: both, sentence } = /** @type {import("../api.js").Result} */ (run.result);
    const [height, width] = values.shape;
    const found = { values: /** @type {Float32Array} */ (values.data), width, height, scale, signed: both, image: { pixels: /** @type {Float32Array} */ (image.data), channels: image.shape[0] } };
    map.style.aspectRatio = `${width} / ${height}`;
    map.data = { ...found, scale: scale || 1, sentence: `${node.querySelector("b")?.textContent}: ${sentence}` };
    words.textContent = scale ? `full colour ${signed(scale, 3).replace("+", "±")}` : "zero everywhere";
    return found;
  } catch (problem) {
    words.textContent = /** @type {Error} */ (problem).message;
    return null;
  }
}

/** @param {Found[]} maps @param {string[]} choices @param {HTMLElement} row @param {HTMLElement} said @param {string} target */
function summarise(maps, choices, row, said, target) {
  if (maps.length < 2) return (said.textContent = "Two maps are needed to say what survives.");
  const { width, height, signed: both, image } = maps[0];
  const all = maps.map(({ values }) => values);
  const values = surviving(all);
  const part = share(all);
  const percent = part > 0 && part < 0.0005 ? "Less than 0.1 %" : `${part >= 0.095 || !part ? Math.round(100 * part) : (100 * part).toFixed(1)} %`;
  const scale = Math.min(...maps.map((map) => map.scale)) || 1;
  const last = figure("Survives all");
  last.map.style.aspectRatio = `${width} / ${height}`;
  last.map.data = { values, width, height, scale, signed: both, image, sentence: `What survives all baselines for ${target}` };
  last.words.textContent = `${percent} of the evidence`;
  last.node.className = "survives";
  const legend = new ColourLegend();
  last.node.append(legend);
  row.append(last.node);
  legend.data = { scale, signed: both };
  said.textContent = `${percent} of the evidence for “${target}” survives all of ${choices.map(named).join(", ")}.`;
}

/** One cross-hair in all maps. @param {HTMLElement} row */
function link(row) {
  row.addEventListener("probe", (event) => {
    event.stopPropagation();
    for (const map of row.querySelectorAll("heat-map")) /** @type {HeatMap} */ (map).crosshair = /** @type {CustomEvent} */ (event).detail;
  });
}
