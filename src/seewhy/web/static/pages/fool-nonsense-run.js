// @ts-check
/** The question of Fool › Nonsense as a run, and what came of it. Knows the API and numbers, no element. */

/** @typedef {import("./fool-tabs.js").FoolState} FoolState */
/** @typedef {{ address: string, distance: number, typical: number, likeness: number, usual: number, neighbours: number[] }} Near */
/** @typedef {{ target: { class: number, label: string }, score: number, accepted: boolean, lit: number, climb: number[], nearest: Near | null, meaningless: boolean | null,
 *   prediction: import("../api.js").Guess[], sentence: string, settings: Record<string, any>, python: string, seconds: number }} Facts */
/** @typedef {{ id: string, task: object, facts: Facts, frames: Uint8Array, shape: number[], pixels: Uint8Array }} Made frames: (T, C, H, W); pixels: the last one, H·W·C */

/** @type {Record<string, { title: string, about: string, counted: string | null, usual: number, gradients: boolean }>} */
export const FORMS = {
  pixels: { title: "lit pixels", about: "Light one pixel after the other on black, each where it helps most.", counted: "at most", usual: 12, gradients: false },
  strokes: { title: "strokes", about: "Throw straight strokes at random, and nudge them about while that helps.", counted: "at most", usual: 3, gradients: false },
  smooth: { title: "smooth spots", about: "A coarse grid, enlarged smoothly, climbs the gradient.", counted: null, usual: 12, gradients: true },
  noise: { title: "noise", about: "Even noise, changed in steps too small to see.", counted: null, usual: 12, gradients: true },
  guided: { title: "what the maps point at", about: "Light the pixels that speak most for the class in real pictures of it. Nothing is tried on the way.", counted: "at most", usual: 40, gradients: true },
};

const SHEET = 10; // classes on one sheet
const LISTED = 20; // classes that all fit on one

/** @param {{ of: number, using: string, most: number, sure: number, seed: number }} wish @param {string} model @param {string | null} data */
export function taskOf({ of, using, most, sure, seed }, model, data) {
  return { kind: "nonsense", model, target: of, data, settings: { form: using, amount: most, confidence: sure / 100, seed } };
}

/** The classes of a sheet: all where they are few, else ten spread over them, and the chosen one. @param {string[]} labels @param {number} chosen */
export function classesOf(labels, chosen) {
  if (labels.length <= LISTED) return [...labels.keys()];
  const spread = Array.from({ length: SHEET }, (_, i) => Math.round((i * (labels.length - 1)) / (SHEET - 1)));
  return spread.includes(chosen) ? spread : [chosen, ...spread.slice(1)];
}

/** The first data set of the model that is here; its training pictures say what is meant by like. @param {typeof import("../api.js")} api @param {import("../api.js").Model} model */
export async function dataFor(api, model) {
  const here = (await api.datasets()).filter(({ available }) => available).map(({ name }) => name);
  return model.datasets.find((name) => here.includes(name)) ?? null;
}

/** @param {typeof import("../api.js")} api @param {object} task @param {Parameters<typeof import("../api.js").perform>[1]} [hooks] @returns {Promise<Made>} */
export async function make(api, task, hooks) {
  const { id, result } = await api.perform(/** @type {any} */ (task), hooks);
  const { arrays } = await api.arrays(id, ["image", "frames"]);
  const { data, shape } = arrays.image;
  const [channels, size] = [shape[0], shape[1] * shape[2]];
  const pixels = Uint8Array.from({ length: data.length }, (_, i) => Math.round(255 * Number(data[(i % channels) * size + Math.floor(i / channels)])));
  return { id, task, facts: /** @type {any} */ (result), frames: /** @type {Uint8Array} */ (arrays.frames.data), shape, pixels };
}

/** How near the nearest training picture is, in words. @param {Near} near */
export function distanceWords({ distance, typical }) {
  const ratio = distance / typical;
  const than = `${distance.toFixed(1)} away, where ${typical.toFixed(1)} is typical`;
  if (ratio > 1.5) return `${than}: far from anything it was taught`;
  return ratio > 1 ? `${than}: farther than real pictures are from each other` : `${than}: no farther than real pictures, as black is near to black`;
}

/** What the guard says. @param {Facts} facts @returns {{ good: boolean | null, text: string }} */
export function guardWords({ meaningless, nearest, target }) {
  if (meaningless === null || !nearest) return { good: null, text: "No training pictures are at hand, so nobody checked that it means nothing." };
  const votes = nearest.neighbours.filter((one) => one === target.class).length;
  const like = `likeness ${nearest.likeness.toFixed(2)} to the training picture most like it, where 95 % of real pictures reach ${nearest.usual.toFixed(2)}`;
  const said = `${votes} of the ${nearest.neighbours.length} most like it are “${target.label}”`;
  return meaningless
    ? { good: true, text: `A nearest-neighbour test does not take it for “${target.label}”: ${like}; ${said}.` }
    : { good: false, text: `A nearest-neighbour test takes it for “${target.label}” too: ${like}; ${said}. It may mean something after all, so it is no hole.` };
}
