// @ts-check
/** One method: what it asks, on your picture, its formula, its settings, its limits. Knows no method by name. */

import { find, fragment, html, mathml } from "../html.js";
import { percent } from "../elements/probability-bars.js";
import { SettingsForm } from "../elements/settings-form.js";
import { formatRecipe } from "../recipe.js";
import { format } from "../route.js";
import { demoOf, gather } from "./learn-demo.js";
import { showStrip } from "./learn-samples.js";
import { needs, nudge, paragraphs, verdict } from "./learn-words.js";

/** @typedef {import("../api.js").Method} Method */
/** @typedef {import("./learn.js").Lesson} Lesson */

/** @param {HTMLElement} page @param {Lesson} lesson @param {Method} method */
export async function showMethod(page, lesson, method) {
  const { app, image, settings } = lesson;
  if (!page.querySelector(`[data-lesson="${method.name}"]`)) page.replaceChildren(build(lesson, method));
  showStrip(find(page, ".picture-row"), lesson);
  const form = find(page, "settings-form", SettingsForm);
  if (formatRecipe("", form.values, method.settings) !== formatRecipe("", settings, method.settings)) form.values = settings;
  find(page, ".try", HTMLAnchorElement).href = format("explain", { model: app.model?.name, img: image, x: formatRecipe(method.name, settings, method.settings), t: lesson.target });
  await demonstrate(page, lesson, method);
}

/** @param {Lesson} lesson @param {Method} method */
function build({ app, methods, image, set }, method) {
  const place = methods.indexOf(method);
  const other = (/** @type {number} */ step) => methods[(place + step + methods.length) % methods.length];
  const link = (/** @type {Method} */ { name }) => format("learn", { model: app.model?.name, img: image }, name);
  const form = new SettingsForm();
  form.schema = method.settings;
  form.addEventListener("change", (event) => event.target === form && set({ settings: /** @type {CustomEvent} */ (event).detail.values }));
  app.api.layers(app.model?.name ?? "").then((layers) => (form.layers = layers), () => {});
  const [first, ...rest] = paragraphs(method.about);
  const bare = Object.keys(method.settings.properties ?? {}).length === 0;
  return html`<article class="learn-method" data-lesson="${method.name}">
    <p class="crumbs small"><a href="${format("learn", { model: app.model?.name, img: image })}">All methods</a></p>
    <div class="heading"><h1 tabindex="-1">${method.title}</h1>${needs(method)}</div>
    <p class="lede">${first}</p>
    <div class="picture-row"></div>
    <section class="card demo" aria-labelledby="demo-title">
      <div class="row spread"><div><h2 id="demo-title">On your picture</h2><div class="said-place"></div></div><label class="row why"><span>Why</span><select aria-label="Class to explain" @change=${(/** @type {Event} */ event) => set({ target: /** @type {HTMLSelectElement} */ (event.target).value })}></select></label></div>
      <p class="demo-words">${demoOf(method.name).words}</p>
      <div class="stage"><div class="skeleton tall"></div></div>
      <div class="notes"></div>
    </section>
    <div class="columns"><div>
      <section class="card"><h2>How it is computed</h2>${rest.map((text) => html`<p>${text}</p>`)}<div class="formula">${mathml(method.formula_mathml)}</div></section>
      <section class="card"><h2>Settings</h2>${bare ? html`<p class="dim">There is nothing to set.</p>` : fragment`<p class="small dim">Change one, and the demonstration follows.</p>`}${form}</section></div>
      <div><section class="card"><h2>What it cannot say</h2><ul class="limits">${method.limits.map((limit) => html`<li>${limit}</li>`)}</ul></section>
      <section class="card"><h2>Where it comes from</h2><p><a class="source" href="${method.link}" target="_blank" rel="noopener noreferrer">${method.source}</a></p>
        <p><a class="button try">Try it on Explain</a></p></section></div>
    </div>
    <div class="turn row spread" role="navigation" aria-label="Other methods"><a href="${link(other(-1))}">← ${other(-1).title}</a><a href="${link(other(1))}">${other(1).title} →</a></div>
  </article>`;
}

/** @param {HTMLElement} page @param {Lesson} lesson @param {Method} method */
async function demonstrate(page, { app, image, settings, target, signal }, method) {
  const stage = find(page, ".stage");
  const notes = find(page, ".notes");
  if (method.refusal || !image || !app.model) {
    notes.replaceChildren();
    return stage.replaceChildren(html`<p class="note">${method.refusal ?? "There is no picture yet; draw one."}</p>`);
  }
  const demo = demoOf(method.name);
  stage.classList.add("stale");
  try {
    const task = { model: app.model.name, image, method: method.name, settings, target: target === "" ? "argmax" : Number(target) };
    const shown = await gather(await app.api.perform(task, { signal }), demo, app.api);
    if (signal.aborted) return;
    classes(find(page, ".why select", HTMLSelectElement), shown.result, target);
    let element = stage.querySelector(demo.tag);
    const first = !element;
    find(page, ".said-place").replaceChildren(verdict(shown.result, app.model.labels, app.model.name));
    if (!element) {
      stage.replaceChildren((element = document.createElement(demo.tag)));
      element.addEventListener("ask", (event) => answer(event, app));
    }
    Object.assign(element, { data: demo.data(shown) });
    asks.set(element, shown);
    notes.replaceChildren(...shown.result.notes.warnings.map((/** @type {string} */ text) => html`<p class="note">${text}</p>`));
    if (first) /** @type {any} */ (element).playOnce?.();
    app.announce(shown.result.sentence);
  } catch (problem) {
    if (!signal.aborted) notes.replaceChildren(html`<p class="note" role="alert">${/** @type {Error} */ (problem).message}</p>`);
  }
  if (!signal.aborted) stage.classList.remove("stale");
}

/** What each demonstration shows now. @type {WeakMap<EventTarget, import("./learn-demo.js").Shown>} */
const asks = new WeakMap();

/** Somebody doubts the map: the model is asked again. @param {Event} event @param {import("../app.js").App} app */
async function answer(event, app) {
  const map = /** @type {any} */ (event.currentTarget);
  const shown = asks.get(map);
  if (!shown) return;
  const { x, y } = /** @type {CustomEvent} */ (event).detail;
  const text = await nudge(app.api, shown, /** @type {CustomEvent} */ (event).detail).catch((problem) => problem.message);
  if (map.at.x === x && map.at.y === y) map.answer = text;
}

/** What can be asked about, the likeliest first. @param {HTMLSelectElement} select @param {import("../api.js").Result} result @param {string} target */
function classes(select, { prediction }, target) {
  const ranked = [...prediction].sort((a, b) => b.score - a.score).slice(0, 10);
  const asked = prediction[Number(target)];
  if (target !== "" && asked && !ranked.includes(asked)) ranked.push(asked);
  const option = (/** @type {import("../api.js").Guess} */ { index, label, score }, /** @type {number} */ i) => html`<option value="${i === 0 ? "" : index}">${label} · ${percent(score)}</option>`;
  select.replaceChildren(...ranked.map(option));
  select.value = Number(target) === ranked[0].index ? "" : target;
}
