// @ts-check
/** What rules of a model can be made of: its layers in order, the data sets with its classes, the settings of the search. Knows no screen. */

/** @typedef {{ name: string, kind: string, shape: number[], units: number, default: boolean }} Layer */
/** @typedef {{ name: string, title: string, splits: string[] }} Source */

export class Setup {
  /** @type {Layer[]} */
  layers = [];
  /** @type {Source[]} */
  datasets = [];
  /** A JSON schema. @type {any} */
  settings = {};
  /** Why there can be no rules, in words. */
  refusal = "";

  /** @param {typeof import("../api.js")} api @param {string} model */
  static async of(api, model) {
    const setup = new Setup();
    try {
      Object.assign(setup, await api.because(model));
      if (!setup.datasets.length) setup.refusal = `No data set here has the classes and the size of ${model}; rules are learned from many images.`;
    } catch (problem) {
      setup.refusal = /** @type {Error} */ (problem).message;
    }
    return setup;
  }

  get names() {
    return this.layers.map(({ name }) => name);
  }

  /** Those that are looked at, in forward order. @param {import("./because-state.js").Question} question */
  chosen({ layers }) {
    return layers ?? this.layers.filter((one) => one.default).map(({ name }) => name);
  }

  /** The next chosen layer below `layer`; without one, the highest. @param {import("./because-state.js").Question} question @param {string} [layer] @returns {string | null} */
  below(question, layer) {
    const at = (/** @type {string} */ name) => this.names.indexOf(name);
    return this.chosen(question).filter((one) => layer === undefined || at(one) < at(layer)).at(-1) ?? null;
  }

  /** A set that the data set has. @param {string} data @param {string} split */
  split(data, split) {
    const { splits = [] } = this.datasets.find(({ name }) => name === data) ?? {};
    return splits.includes(split) ? split : (splits[0] ?? "");
  }
}
