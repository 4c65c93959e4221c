// @ts-check
/** The question of Fool › Erase as a run, and its answer as a picture in pieces. Knows the API, no element. */

import { within } from "../erased.js";

/** @typedef {import("../erased.js").Cut} Cut */

/** @param {import("./fool-tabs.js").FoolState} state @param {number} target */
export function taskOf({ model, image, own }, target) {
  const small = model.input.width * model.input.height <= 32 * 32;
  const settings = { pieces: String(own.pieces ?? (small ? "pixels" : "superpixels")), confidence: (own.sure ?? 90) / 100, background: String(own.ground ?? "black") };
  return { kind: "erase", model: model.name, image, target, settings };
}

/** The finished run, the cut, and which pieces are the least. @param {typeof import("../api.js")} api @param {object} task
 * @param {{ signal?: AbortSignal, progress?: (progress: import("../api.js").Progress) => void }} [hooks] */
export async function erase(api, task, hooks) {
  const run = await api.perform(/** @type {any} */ (task), hooks);
  const { arrays } = await api.arrays(run.id, ["image", "ground", "pieces", "sequence", "drops", "mask"]);
  const [channels, height, width] = arrays.image.shape;
  const [image, ground, pieces, sequence, drops] = ["image", "ground", "pieces", "sequence", "drops"].map((name) => /** @type {any} */ (arrays[name].data));
  /** @type {Cut} */
  const cut = { channels, height, width, image, ground, pieces, sequence, drops };
  return { run, cut, least: within(cut, /** @type {Uint8Array} */ (arrays.mask.data)) };
}
