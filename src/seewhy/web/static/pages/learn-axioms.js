// @ts-check
/** Axioms: what every attribution should keep, tried on your picture with every method. Knows the API through the lesson. */

import { find, html, mathml } from "../html.js";
import { AxiomList } from "../elements/axiom-list.js";
import { ColourLegend } from "../elements/colour-legend.js";
import { format } from "../route.js";
import { FORMULAS, SIDES, TWINS, verdictOf } from "./learn-axioms-words.js";
import { showStrip } from "./learn-samples.js";

/** @typedef {import("./learn.js").Lesson} Lesson */
/** @typedef {"invariance" | "sensitivity" | "dummy"} Axiom */

const AT_ONCE = 3; // runs that wait at the server
const KNOWN_TO_FAIL = ["captum:DeepLift", "captum:LRP"]; // the paper's own examples, where Captum is installed

/** @param {HTMLElement} page @param {Lesson} lesson */
export async function showAxioms(page, lesson) {
  const { app, image, axioms } = lesson;
  if (!page.querySelector(".learn-axioms")) page.replaceChildren(build(lesson));
  showStrip(find(page, ".picture-row"), lesson);
  find(page, ".crumbs a", HTMLAnchorElement).href = format("learn", { model: app.model?.name, img: image });
  for (const [name, value] of Object.entries(axioms)) for (const one of page.querySelectorAll(`input[name="${name}"]`)) /** @type {HTMLInputElement} */ (one).checked = /** @type {HTMLInputElement} */ (one).value === value;
  await Promise.all([part(page, lesson, "invariance", { twin: axioms.twin }), part(page, lesson, "sensitivity", {}), part(page, lesson, "dummy", { side: axioms.side })]);
}

/** @param {Lesson} lesson */
function build({ set }) {
  const choice = (/** @type {string} */ name, /** @type {Record<string, string>} */ values, /** @type {string} */ legend) => html`<fieldset class="choice row"><legend class="visually-hidden">${legend}</legend>
    ${Object.entries(values).map(([value, words]) => html`<label class="check"><input type="radio" name="${name}" value="${value}" @change=${() => set({ axioms: { [name]: value } })}>${words}</label>`)}</fieldset>`;
  const section = (/** @type {Axiom} */ axiom, /** @type {string} */ title, /** @type {string} */ words, /** @type {HTMLElement | null} */ control) => html`<section class="card axiom" data-axiom="${axiom}" aria-labelledby="axiom-${axiom}">
    <h2 id="axiom-${axiom}">${title}</h2><p>${words}</p><div class="formula">${mathml(FORMULAS[axiom])}</div>${control}<p class="made small dim"></p><p class="tally" aria-live="polite"></p>${new AxiomList()}</section>`;
  return html`<article class="learn-axioms">
    <p class="crumbs small"><a>All methods</a></p>
    <h1 tabindex="-1">Axioms</h1>
    <p class="lede">Nobody knows the right map of a picture. But a map can be wrong for certain: axioms say what every honest one must keep. Here each method is tried on your picture.</p>
    <div class="picture-row"></div>
    <div class="said-row">${new ColourLegend()}</div>
    ${section("invariance", "Implementation invariance", "Two networks that give every picture the same scores do the same thing, however they are written. A method whose map differs explains the writing, not what is done.", choice("twin", TWINS, "The other network"))}
    ${section("sensitivity", "Sensitivity: what counts gets a share", "The score is capped half way between black and your picture: f = min(score, cap). At your picture it is flat, yet it rose on the way, so some pixel must have done it. A gradient at the picture sees nothing.", null)}
    ${section("dummy", "Sensitivity: what cannot be seen gets nothing", "The network is blinded on one half of the picture: whatever is there, it sees black. No pixel of that half can matter, so each must get 0.", choice("side", SIDES, "The half that it cannot see"))}
    <p class="small dim"><a class="source" target="_blank" rel="noopener noreferrer">Sundararajan, Taly, Yan: Axiomatic Attribution for Deep Networks, ICML 2017.</a> Random methods run with fewer samples here; both networks get the same draws.</p>
  </article>`;
}

/** One axiom, all methods, a few at a time. @param {HTMLElement} page @param {Lesson} lesson @param {Axiom} axiom @param {Record<string, string>} setting */
async function part(page, { app, methods, image, target, signal }, axiom, setting) {
  const place = find(page, `[data-axiom="${axiom}"]`);
  const key = JSON.stringify([app.model?.name, image, target, setting]);
  if (place.dataset.key === key && place.dataset.done === "true") return;
  Object.assign(place.dataset, { key, done: "false" });
  const list = find(place, "axiom-list", AxiomList);
  const tried = methods.filter(({ name }) => !name.includes(":") || KNOWN_TO_FAIL.includes(name));
  list.data = { label: find(place, "h2").textContent ?? "", maps: axiom === "invariance" ? ["network", "twin"] : [""], rows: tried };
  find(place, ".made").textContent = "";
  find(place, ".tally").textContent = "";
  if (!image || !app.model) return void (find(place, ".tally").textContent = "Choose a picture to try it on.");
  const slow = (/** @type {import("../api.js").Method} */ { needs }) => needs.includes("scores");
  const waiting = [...tried.filter((method) => !slow(method)), ...tried.filter(slow)]; // what asks many pictures comes last
  const asked = { kind: "axiom", model: app.model.name, image, target: target === "" ? "argmax" : Number(target), axiom, sketch: true, ...setting };
  const work = async () => {
    for (let method = waiting.shift(); method && !signal.aborted; method = waiting.shift()) await one(place, list, app.api, method, asked, signal);
  };
  await Promise.all(Array.from({ length: AT_ONCE }, work));
  if (signal.aborted) return;
  place.dataset.done = "true";
  app.announce(find(place, ".tally").textContent ?? "");
}

/** @param {HTMLElement} place @param {AxiomList} list @param {typeof import("../api.js")} api @param {import("../api.js").Method} method @param {object} asked @param {AbortSignal} signal */
async function one(place, list, api, method, asked, signal) {
  try {
    if (method.refusal) throw new Error(method.refusal);
    const run = await api.perform(/** @type {any} */ ({ ...asked, method: method.name }), { signal });
    const { arrays } = await api.arrays(run.id, ["values"]);
    if (signal.aborted) return;
    const found = /** @type {any} */ (run.result);
    Object.assign(find(document, ".learn-axioms .source", HTMLAnchorElement), { href: found.link, textContent: `${found.source}.` });
    if (found.sentence_of_twin) find(place, ".made").textContent = `${found.sentence_of_twin} The two networks' scores for this picture differ by at most ${found.scores_difference.toExponential(0)}.`;
    list.show(method.name, verdictOf(found, arrays.values));
  } catch (problem) {
    if (signal.aborted) return;
    list.refuse(method.name, /** @type {Error} */ (problem).message);
  }
  find(place, ".tally").textContent = summary(list);
}

/** @param {AxiomList} list */
function summary(list) {
  const { holds, fails, waiting } = list.tally;
  const broken = fails.length ? ` It does not for ${fails.join(", ")}.` : "";
  return `It holds for ${holds.length} of ${holds.length + fails.length} methods${waiting ? ` so far, ${waiting} to come` : ""}.${broken}`;
}
