// @ts-check
/** "How this works" on the Draw screen: the formula, what it cannot say, and the path from the baseline to the drawing. */

import { find, fragment, html, mathml, stylesheet } from "../html.js";

/** @typedef {import("../api.js").Task} Task */

/** The newest question wins. */
let asked = 0;

/**
 * @param {HTMLElement} details @param {import("../api.js").Method} method
 * @param {import("../app.js").App} app @param {Task | null} task
 */
export async function explainMethod(details, method, app, task) {
  const turn = ++asked;
  const body = details.querySelector(".how-body") ?? details.appendChild(html`<div class="how-body"><div class="words"></div><div class="path"></div></div>`);
  const limits = html`<ul class="small">${method.limits.map((limit) => html`<li>${limit}</li>`)}</ul>`;
  find(body, ".words").replaceChildren(fragment`<h3>${method.title}</h3><p>${method.about}</p>${mathml(method.formula_mathml)}
    <h3>What it cannot say</h3>${limits}<p class="small dim">${method.source}. <a href="#/learn/${method.name}${task ? `?img=${task.image}` : ""}">Learn more with ${task ? "your drawing" : "a picture"}</a></p>`);
  const place = find(body, ".path");
  if (method.name !== "integrated-gradients") return place.replaceChildren();
  if (!task) return place.replaceChildren(html`<p class="dim">Draw something, and walk from a black picture to yours.</p>`);
  const [data] = await Promise.all([path(app, task), import("../elements/path-scrubber.js"), stylesheet("path.css")]).catch((problem) => {
    place.replaceChildren(html`<p class="note">${problem.message}</p>`);
    return [];
  });
  if (!data || turn !== asked) return;
  let scrubber = place.querySelector("path-scrubber");
  if (!scrubber) {
    scrubber = document.createElement("path-scrubber");
    place.replaceChildren(html`<h3>From the baseline to your drawing</h3>`, scrubber);
  }
  Object.assign(scrubber, { data });
}

/** @param {import("../app.js").App} app @param {Task} task */
async function path({ api }, task) {
  const { id, result } = await api.perform(task);
  if (!result?.arrays.partial_maps) throw new Error("So many steps that their maps were not kept: choose fewer to walk along them.");
  const { arrays } = await api.arrays(id, ["alphas", "path_scores", "partial_sums", "partial_maps", "baseline"]);
  const { data, shape } = await api.image(task.image);
  const [height, width] = shape.slice(-2);
  return {
    alphas: arrays.alphas.data, scores: arrays.path_scores.data, sums: arrays.partial_sums.data, maps: arrays.partial_maps.data,
    baseline: arrays.baseline.data, image: data, width, height,
    scale: result.scale, score: result.notes.score, baseline_score: result.notes.baseline_score, text: result.target.text,
  };
}
