// @ts-check
/** Which of a model's layers are worth a column each, and the dialog that asks. Knows layers as the API describes them. */

import { find, html } from "../html.js";
import { open } from "./explain-dialogs.js";

/** @typedef {import("../api.js").Layer} Layer */

const MOST = 6; // columns that are proposed

/** The setting of a method that names a layer, if it has one. @param {import("../api.js").Method | undefined} method */
export const layerSetting = (method) => Object.entries(method?.settings.properties ?? {}).find(([, rule]) => /** @type {any} */ (rule).layer)?.[0] ?? "";

/** Where each convolution has had its say: the last layer of its size before the next one; of many, the last of each size. @param {Layer[]} layers */
export function proposed(layers) {
  const spatial = layers.filter(({ spatial }) => spatial);
  const convolution = (/** @type {Layer | undefined} */ layer) => /conv/i.test(layer?.kind ?? "");
  const after = spatial.filter(({ shape }, at) => {
    const next = spatial[at + 1];
    const began = spatial.findLastIndex((layer, before) => before <= at && (convolution(layer) || size(layer) !== size({ shape })));
    return convolution(spatial[began]) && (!next || convolution(next) || size(next) !== size({ shape }));
  });
  const last = after.filter((layer, at) => size(after[at + 1]) !== size(layer));
  return (after.length > MOST ? last.slice(-MOST) : after).map(({ name }) => name);
}

/** Height and width. @param {{ shape: number[] } | undefined} layer */
const size = (layer) => layer?.shape.slice(-2).join();

/** @param {Layer[]} layers @param {(names: string[]) => unknown} choose */
export function chooseLayers(layers, choose) {
  const marked = proposed(layers);
  const entry = (/** @type {Layer} */ { name, kind, shape }) => html`<label class="check"><input type="checkbox" name="layer" value="${name}" ?checked=${marked.includes(name)}>
    <span>${name} <span class="small dim">${kind}, ${shape.join(" × ")}</span></span></label>`;
  const form = html`<form method="dialog" class="stack"><p class="small dim">In forward order. Early layers see small things sharply, late ones large things coarsely; marked is where each convolution has had its say.</p>
    <fieldset class="layers-list" aria-labelledby="dialog-title">${layers.filter(({ spatial }) => spatial).map(entry)}</fieldset>
    <button type="submit" class="primary">Show them</button></form>`;
  const dialog = open("One column per layer", form);
  const names = () => [...form.querySelectorAll("input:checked")].map((box) => /** @type {HTMLInputElement} */ (box).value);
  form.addEventListener("change", () => find(form, ".primary").toggleAttribute("disabled", names().length === 0));
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    dialog.close();
    choose(names());
  });
}
