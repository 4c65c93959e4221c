// @ts-check
/** Pictures to learn with: one of each class that the model gets right, and one that it gets wrong. Knows data sets through the API. */

import { find, html } from "../html.js";
import { percent } from "../elements/probability-bars.js";

/** @typedef {{ address: string, name: string, right: boolean }} Sample */
/** @typedef {import("../app.js").App} App */

const LOOKED_AT = 48; // pictures of a small model
const LARGE = 100 * 100; // from here on a prediction takes its time
const SIDE = 48;

/** @type {Map<string, Promise<Sample[]>>} */
const found = new Map();

/** Asked once for each model. @param {App} app @returns {Promise<Sample[]>} */
export function samples({ api, model }) {
  if (!model) return Promise.resolve([]);
  let answer = found.get(model.name);
  if (!answer) found.set(model.name, (answer = choose(api, model)));
  answer.catch(() => found.delete(model.name));
  return answer;
}

/** @param {typeof import("../api.js")} api @param {import("../api.js").Model} model @returns {Promise<Sample[]>} */
async function choose(api, model) {
  const sets = (await api.datasets()).filter(({ available }) => available);
  const fitting = sets.find(({ name }) => model.datasets.includes(name)) ?? sets[0];
  if (!fitting) return [];
  const split = "test" in fitting.splits ? "test" : Object.keys(fitting.splits)[0];
  const limit = model.input.width * model.input.height > LARGE ? 8 : LOOKED_AT;
  const { items } = await api.items(fitting.name, split, { limit });
  const { predictions } = await api.predict(model.name, items.map(({ address }) => address), 1);
  const comparable = fitting.labels.join() === model.labels.join();
  const seen = items.map((item, i) => ({ ...item, guess: predictions[i][0], right: !comparable || item.label === predictions[i][0].index }));
  const firsts = seen.filter(({ right, label }, i) => right && seen.findIndex((one) => one.right && one.label === label) === i);
  firsts.sort((a, b) => Number(a.label) - Number(b.label));
  return [...firsts.slice(0, 10), ...seen.filter(({ right }) => !right).slice(0, 1)].map(({ address, label_name, right, guess }) => ({
    address, right, name: right ? label_name ?? address : `${label_name}, which the model takes for ${guess.label} (${percent(guess.score)})`,
  }));
}

/** The pictures as a row of buttons; those that are there already stay, so that the focus stays. @param {HTMLElement} place @param {import("./learn.js").Lesson} lesson */
export function showStrip(place, { app, list, image, own, choose }) {
  const shown = own ? [{ address: own, name: "your picture", right: true }, ...list] : list;
  const buttons = /** @type {NodeListOf<HTMLElement>} */ (place.querySelectorAll(".sample"));
  if (shown.map(({ address }) => address).join() !== Array.from(buttons, ({ dataset }) => dataset.address).join() || !shown.length) build(place, app, list, shown, choose);
  const row = find(place, ".strip-row");
  for (const button of /** @type {NodeListOf<HTMLElement>} */ (place.querySelectorAll(".sample"))) {
    const pressed = button.dataset.address === image;
    button.setAttribute("aria-pressed", String(pressed));
    if (pressed) row.scrollLeft = button.offsetLeft - row.offsetLeft - row.clientWidth / 2 + SIDE / 2;
  }
}

/** @param {HTMLElement} place @param {App} app @param {Sample[]} list in the common picture @param {Sample[]} shown @param {(address: string) => void} choose */
function build(place, { api, model }, list, shown, choose) {
  const sheet = list.length ? api.spriteURL(list.map(({ address }) => address), SIDE, list.length) : "";
  const button = (/** @type {Sample} */ sample) => {
    const { address, name, right } = sample;
    const node = html`<button type="button" class="sample" data-address="${address}" aria-label="Use ${name}" title="${name}" @click=${() => choose(address)}></button>`;
    const at = list.indexOf(sample);
    node.style.backgroundImage = `url("${at < 0 ? api.imageURL(address, SIDE) : sheet}")`;
    node.style.backgroundPositionX = `${-Math.max(at, 0) * SIDE}px`;
    if (!right) node.append(html`<span aria-hidden="true">✗</span>`);
    return node;
  };
  place.replaceChildren(html`<div class="strip-row" role="group" aria-label="Picture to learn with">
    ${shown.map(button)}<a class="button small" href="#/draw?model=${model?.name}">Draw your own</a></div>`);
}
