// @ts-check
/** All methods as cards, each with its first sentence and a live map of one picture. Knows no method by name. */

import { find, html } from "../html.js";
import { ColourLegend } from "../elements/colour-legend.js";
import { HeatMap } from "../elements/heat-map.js";
import { format } from "../route.js";
import { showStrip } from "./learn-samples.js";
import { needs, paragraphs, verdict } from "./learn-words.js";

/** @typedef {import("../api.js").Method} Method */
/** @typedef {import("./learn.js").Lesson} Lesson */

/** @param {HTMLElement} page @param {Lesson} lesson */
export function showIndex(page, lesson) {
  const { app, methods, image } = lesson;
  if (!page.querySelector(".learn-index")) {
    page.replaceChildren(html`<div class="learn-index">
      <h1 tabindex="-1">Learn</h1>
      <p class="lede">Why did the model say that? Nobody can ask it, so people found ways to ask anyway: cover a part, change the light, follow the votes inside. Each way is a method; here they all look at the same picture.</p>
      <p class="card cheat-card"><a class="to-cheat">Catch a cheating model</a> <span>Two models pass the same exam, and one of them cheats. Find out which, and how.</span></p>
      <div class="picture-row"></div>
      <div class="row spread said-row"><div class="said-place"></div>${new ColourLegend()}</div>
      <ul class="lessons"></ul>
      <section class="card axioms-card"><h2><a class="to-axioms">Axioms</a></h2><p>What every honest map must keep, tried on your picture: the same map for two networks that do the same, something for what counts, nothing for what cannot be seen.</p></section>
    </div>`);
    find(page, ".lessons").replaceChildren(...methods.filter(own).map(card));
    find(page, ".learn-index").append(...folds(methods.filter((method) => !own(method)), () => asked.get(page)));
  }
  asked.set(page, lesson);
  find(page, ".to-axioms", HTMLAnchorElement).href = format("learn", { model: app.model?.name, img: image }, "axioms");
  find(page, ".to-cheat", HTMLAnchorElement).href = format("learn", { model: app.model?.name }, "cheat");
  showStrip(find(page, ".picture-row"), lesson);
  for (const method of methods) {
    const link = find(page, `#lesson-${CSS.escape(method.name)}`, HTMLAnchorElement);
    link.href = format("learn", { model: app.model?.name, img: image }, method.name);
  }
  const unfolded = [...page.querySelectorAll("details[open]")].flatMap((fold) => [...fold.querySelectorAll("[data-method]")].map((place) => place.getAttribute("data-method")));
  return Promise.all(methods.filter((method) => own(method) || unfolded.includes(method.name)).map((method) => fill(page, lesson, method)));
}

/** What each page shows now. @type {WeakMap<HTMLElement, Lesson>} */
const asked = new WeakMap();

/** Methods of other packages have their package before a colon. @param {Method} method */
const own = ({ name }) => !name.includes(":");

/** The methods of each other package; their maps are computed when somebody looks. @param {Method[]} methods @param {() => Lesson | undefined} lesson */
function folds(methods, lesson) {
  return [...new Set(methods.map(({ name }) => name.split(":")[0]))].map((source) => {
    const theirs = methods.filter(({ name }) => name.startsWith(`${source}:`));
    const fold = html`<details><summary>${theirs.length} more methods, through ${source[0].toUpperCase()}${source.slice(1)}</summary><ul class="lessons">${theirs.map((method) => card(method))}</ul></details>`;
    for (const waiting of fold.querySelectorAll(".skeleton")) waiting.remove(); // nobody waits for them yet
    fold.addEventListener("toggle", () => {
      const now = lesson();
      const page = fold.closest("learn-page");
      if (now && page instanceof HTMLElement && /** @type {HTMLDetailsElement} */ (fold).open) for (const method of theirs) fill(page, now, method);
    });
    return fold;
  });
}

/** @param {Method} method */
function card(method) {
  return html`<li class="card lesson">
    <div class="thumb" data-method="${method.name}"><div class="skeleton"></div></div>
    <div><h2><a id="lesson-${method.name}">${method.title}</a></h2><p>${paragraphs(method.about)[0]}</p><p class="needs">${needs(method)}</p></div>
  </li>`;
}

/** @param {HTMLElement} page @param {Lesson} lesson @param {Method} method */
async function fill(page, { app, image, signal }, method) {
  const place = find(page, `[data-method="${method.name}"]`);
  if (method.refusal) return place.replaceChildren(html`<p class="small dim">${method.refusal}</p>`);
  if (!image || !app.model) return place.replaceChildren(html`<p class="small dim">Choose a picture to see its map.</p>`);
  place.classList.add("stale");
  try {
    const run = await app.api.perform({ model: app.model.name, image, method: method.name, settings: {}, target: "argmax" }, { signal });
    const { arrays } = await app.api.arrays(run.id, ["values"]);
    if (signal.aborted || !run.result) return;
    const [height, width] = arrays.values.shape;
    const map = place.querySelector("heat-map") ?? new HeatMap();
    Object.assign(map, { data: { values: arrays.values.data, width, height, scale: run.result.scale, signed: run.result.signed, sentence: `${method.title}. ${run.result.sentence}` } });
    if (!map.isConnected) place.replaceChildren(map);
    find(page, ".said-place").replaceChildren(verdict(run.result, app.model.labels, app.model.name));
  } catch (problem) {
    if (!signal.aborted) place.replaceChildren(html`<p class="small dim">${/** @type {Error} */ (problem).message}</p>`);
  }
  place.classList.remove("stale");
}
