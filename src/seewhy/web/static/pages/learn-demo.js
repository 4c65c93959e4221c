// @ts-check
/** Which demonstration a method gets: its own stepper if there is one, else its map. Knows the arrays that methods leave behind. */

import "../elements/cam-steps.js";
import "../elements/nudge-map.js";
import "../elements/patch-film.js";
import "../elements/path-scrubber.js";
import "../elements/segment-film.js";
import { brief } from "../elements/colour-legend.js";

/** @typedef {import("../wire.js").Tensor} Tensor */
/** @typedef {{ run: Pick<import("../api.js").Run, "id" | "result" | "task">, result: import("../api.js").Result, arrays: Record<string, Tensor>, picture: Picture }} Shown */
/** @typedef {{ pixels: Float32Array, channels: number, width: number, height: number }} Picture */
/** @typedef {{ tag: string, arrays: string[], words: string, data: (shown: Shown) => object }} Demo */

/** @type {Record<string, Demo>} */
const DEMOS = {
  "integrated-gradients": {
    tag: "path-scrubber",
    arrays: ["alphas", "path_scores", "partial_sums", "partial_maps", "baseline"],
    words: "Pull the slider from the baseline to your picture. At each stop the model is asked which pixels would raise its score, and the answers are added up. At the end the map accounts for all of the score's rise.",
    data: ({ result, arrays, picture }) => ({
      alphas: arrays.alphas.data, scores: arrays.path_scores.data, sums: arrays.partial_sums.data, maps: arrays.partial_maps?.data ?? null,
      baseline: arrays.baseline.data, image: picture.pixels, ...size(picture), scale: result.scale, text: `“${result.target.text}”`,
      score: result.notes.score, baseline_score: result.notes.baseline_score,
    }),
  },
  occlusion: {
    tag: "patch-film",
    arrays: ["windows", "tops", "lefts"],
    words: "A patch covers a little of your picture, and the model looks again. If its score falls, what lay under the patch was good for it. Square by square, the map fills up.",
    data: ({ result, arrays, picture }) => ({
      falls: arrays.windows.data, tops: whole(arrays.tops), lefts: whole(arrays.lefts), patch: result.settings.patch, patchWidth: result.settings.width ?? result.settings.patch,
      fill: covering(String(result.settings.fill), picture), image: picture.pixels, ...size(picture), scale: result.scale, score: result.score, text: `“${result.target.text}”`,
    }),
  },
  "grad-cam": {
    tag: "cam-steps",
    arrays: ["small_map", "weights", "loudest", "loudest_maps", "summed"],
    words: "Deep inside, the model keeps many small maps of what it found where: an edge here, a bend there. Those that matter for the answer get a louder vote. Added up and enlarged, they show where the model looked.",
    data: ({ result, arrays, picture }) => ({
      weights: arrays.weights?.data, loudest: arrays.loudest?.data, maps: arrays.loudest_maps?.data, summed: arrays.summed?.data, small: arrays.small_map.data, smallHeight: arrays.small_map.shape[0], smallWidth: arrays.small_map.shape[1],
      layer: result.notes.layer, text: `“${result.target.text}”`, ...map(arrays, result, picture),
    }),
  },
  lime: {
    tag: "segment-film",
    arrays: ["segments", "parts", "masks", "mask_scores"],
    words: "Your picture is cut into pieces. Again and again some of them are hidden, and the model is asked for its score. A straight line through all those scores gives every piece a weight: what it adds when it is seen.",
    data: ({ result, arrays, picture }) => ({
      parts: whole(arrays.parts), masks: arrays.masks.data, scores: arrays.mask_scores.data, count: arrays.masks.shape[1], ids: whole(arrays.segments), kernel: result.settings.kernel, ridge: result.settings.ridge,
      hidden: hiding(String(result.settings.fill), picture, whole(arrays.segments)), image: picture.pixels, ...size(picture), scale: result.scale, text: `“${result.target.text}”`,
    }),
  },
  saliency: {
    tag: "nudge-map",
    arrays: [],
    words: "Add a little light to one pixel: how much does the score move? Strong colour marks the pixels where it would move most. Point at one, or walk there with the arrow keys, and put it to the test.",
    data: ({ result, arrays, picture }) => ({ ...map(arrays, result, picture), read: (/** @type {number} */ value) => nudged(value, result), ask: "Add that light and ask the model" }),
  },
};

/** @type {Demo} */
const PLAIN = {
  tag: "nudge-map", arrays: [], words: "Point at the map, or walk over it with the arrow keys, to read its values.",
  data: ({ result, arrays, picture }) => ({ ...map(arrays, result, picture), read: (/** @type {number} */ value) => `the map says ${brief(value).replace("-", "−")}` }),
};

/** The arrays without which there are no steps, for each demonstration that has some. */
const NEEDED = { "integrated-gradients": ["alphas", "partial_sums"], occlusion: ["windows"], "grad-cam": ["small_map"], lime: ["masks"] };

/** How a finished run came about, by what it left behind; null where it left nothing. @param {import("../api.js").Result} result @returns {Demo | null} */
export function stepsOf({ arrays }) {
  const found = Object.entries(NEEDED).find(([, names]) => names.every((name) => name in arrays));
  return found ? DEMOS[found[0]] : null;
}

/** @param {string} method */
export const demoOf = (method) => (Object.hasOwn(DEMOS, method) ? DEMOS[method] : PLAIN);

/** Everything a demonstration shows. @param {Pick<import("../api.js").Run, "id" | "result" | "task">} run @param {Demo} demo @param {typeof import("../api.js")} api @returns {Promise<Shown>} */
export async function gather(run, demo, api) {
  const result = /** @type {import("../api.js").Result} */ (run.result);
  const names = ["values", "image", ...demo.arrays].filter((name) => name in result.arrays);
  const { arrays } = await api.arrays(run.id, names);
  const [channels, height, width] = arrays.image.shape;
  return { run, result, arrays, picture: { pixels: /** @type {Float32Array} */ (arrays.image.data), channels, width, height } };
}

/** Whole numbers come as big ones. @param {Tensor} tensor */
const whole = ({ data }) => Float64Array.from(/** @type {any} */ (data), Number);

/** @param {Picture} picture */
const size = ({ width, height, channels }) => ({ width, height, channels });

/** @param {Record<string, Tensor>} arrays @param {import("../api.js").Result} result @param {Picture} picture */
function map({ values }, { scale, signed, sentence }, picture) {
  return { values: values.data, width: values.shape[1], height: values.shape[0], scale, signed, sentence, image: picture };
}

/** What a tenth of full brightness does. @param {number} value @param {import("../api.js").Result} result */
function nudged(value, { signed, target }) {
  const change = brief(Math.abs(value) / 10);
  const score = `the score for “${target.text}”`;
  if (value === 0) return `a little more light here leaves ${score} as it is.`;
  if (!signed) return `a little more light here (a tenth of full white) moves ${score} by about ${change}, up or down.`;
  return `a little more light here (a tenth of full white) ${value > 0 ? "raises" : "lowers"} ${score} by about ${change}.`;
}

/** What is seen where a piece is hidden: its own mean colour, or the fill. @param {string} fill @param {Picture} picture @param {ArrayLike<number>} ids */
function hiding(fill, { pixels, channels, width, height }, ids) {
  if (fill !== "mean" && fill !== "blur") return covering(fill, { pixels, channels, width, height });
  const size = width * height;
  const [sums, counts] = [new Float64Array(channels * size), new Uint32Array(size)];
  for (let i = 0; i < size; i++) counts[ids[i]]++;
  pixels.forEach((value, at) => (sums[Math.floor(at / size) * size + ids[at % size]] += value));
  return Float32Array.from(pixels, (_, at) => sums[Math.floor(at / size) * size + ids[at % size]] / counts[ids[at % size]]);
}

/** The picture that lies under every patch. @param {string} fill @param {Picture} picture */
function covering(fill, { pixels, channels }) {
  const flat = { black: 0, grey: 0.5, white: 1 }[fill];
  if (flat !== undefined) return new Float32Array(pixels.length).fill(flat);
  const side = pixels.length / channels;
  const means = Array.from({ length: channels }, (_, c) => pixels.subarray(c * side, (c + 1) * side).reduce((a, b) => a + b, 0) / side);
  return Float32Array.from(pixels, (_, i) => means[Math.floor(i / side)]); // a blur is drawn as its mean: the frame shows where it lies
}
