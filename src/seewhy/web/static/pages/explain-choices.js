// @ts-check
/** What can be added to an Explain screen, and how each choice changes the question. Loaded when somebody chooses. */

import { chooseClass, chooseMethod, chooseModel, choosePicture } from "./explain-dialogs.js";
import { chooseLayers, layerSetting } from "./explain-layers.js";
import { fill } from "./explain-samples.js";
import { writeTarget } from "./explain-state.js";

/** @typedef {import("./explain-state.js").Question} Question */
/** @typedef {import("./explain-plan.js").Sight} Sight */
/**
 * @typedef {object} Here where the choice is made
 * @property {import("../app.js").App} app
 * @property {Question} question
 * @property {import("./explain-state.js").Target[]} targets
 * @property {Sight[]} sights
 * @property {import("../api.js").Layer[]} layers
 * @property {number} column the chosen one
 * @property {(change: Partial<Question>, column?: number) => unknown} choose
 * @property {(picked: { address?: string, blob?: Blob }) => unknown} take
 */

/** @type {Record<string, (here: Here, ...more: any[]) => unknown>} */
export const choices = {
  picture: ({ app, take }) => choosePicture((picker) => fill(picker, app, 18), take),

  method: ({ question: { recipes }, sights: [{ methods }], choose }) =>
    chooseMethod(methods, (method) => choose({ recipes: [...recipes, { method, settings: {} }] }, recipes.length)),

  class: ({ app, targets, sights: [{ model, seen }], choose }) => seen && chooseClass(model.labels, seen, (target) => {
    if (targets.some((before) => writeTarget(before) === writeTarget(target))) return app.toast("This class is in the grid already.");
    choose({ targets: [...targets, target] });
  }),

  model: ({ app: { models }, question, sights, choose }) => {
    const here = sights.map(({ model }) => model.name);
    chooseModel(models.filter(({ name }) => !here.includes(name)), sights[0].model, (name) => choose({ models: [...question.models, name] }));
  },

  /** The same method once more, beside its column, to be given other settings. */
  duplicate: ({ question: { recipes }, column, choose }) => {
    const twin = { ...recipes[column], settings: { ...recipes[column].settings } };
    choose({ recipes: recipes.toSpliced(column + 1, 0, twin) }, column + 1);
  },

  /** A column for each baseline, in the place of the method's columns so far. */
  baselines: ({ question: { recipes }, column, choose }, /** @type {string} */ method, /** @type {string} */ setting, /** @type {string[]} */ values) => {
    const { settings } = recipes[column];
    const before = recipes.slice(0, column).filter((recipe) => recipe.method !== method);
    const after = recipes.slice(column).filter((recipe) => recipe.method !== method);
    choose({ recipes: [...before, ...values.map((value) => ({ method, settings: { ...settings, [setting]: value } })), ...after] }, before.length);
  },

  remove: ({ question: { recipes }, column, choose }) => choose({ recipes: recipes.toSpliced(column, 1) }, Math.max(0, column - 1)),

  /** A column for each of some layers, in the place of the method's columns so far. */
  layers: ({ question: { recipes }, sights: [{ methods }], layers, column, choose }) => {
    const { method, settings } = recipes[column];
    const setting = layerSetting(methods.find(({ name }) => name === method));
    const before = recipes.slice(0, column).filter((recipe) => recipe.method !== method);
    const after = recipes.slice(column).filter((recipe) => recipe.method !== method);
    chooseLayers(layers, (names) => choose({ recipes: [...before, ...names.map((name) => ({ method, settings: { ...settings, [setting]: name } })), ...after] }, before.length));
  },
};
