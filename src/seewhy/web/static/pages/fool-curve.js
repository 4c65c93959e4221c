// @ts-check
/** The chance of a few classes while ε grows, as lines. Knows arrays and labels, no element. */

import { percent } from "../elements/probability-bars.js";
import { bothUnits, short } from "../nudging.js";

const MOST = 4; // lines that can be told apart

/**
 * The class that counts as true, the wanted one, and whatever else leads or nearly leads on the way.
 * @param {Float32Array} epsilons (P,) @param {Float32Array} probabilities (P, K)
 * @param {{ labels: string[], label: number, goal: number | null, flip: number | null, unit: boolean }} about unit: ε is a change of a value
 * @returns {import("../elements/line-chart.js").Chart}
 */
export function curveOf(epsilons, probabilities, { labels, label, goal, flip, unit }) {
  const [points, classes] = [epsilons.length, labels.length];
  const column = (/** @type {number} */ k) => Float32Array.from({ length: points }, (_, p) => probabilities[p * classes + k]);
  const peak = labels.map((_, k) => column(k).reduce((a, b) => Math.max(a, b)));
  const rivals = peak.map((_, k) => k).filter((k) => k !== label && k !== goal && peak[k] > 0.05).sort((a, b) => peak[b] - peak[a]);
  const shown = [label, ...(goal === null ? [] : [goal]), ...rivals].slice(0, MOST);
  const looks = /** @type {const} */ (["wide", "thin", "dashed", "dotted"]);
  const text = (/** @type {number} */ eps) => (unit ? bothUnits(eps) : short(eps));
  const last = shown.map((k) => `${labels[k]} ${percent(probabilities[(points - 1) * classes + k])}`).join(", ");
  return {
    lines: shown.map((k, i) => ({ name: labels[k], look: looks[i], x: epsilons, y: column(k) })),
    xLabel: "ε", yLabel: "chance", ends: ["0", short(epsilons[points - 1])], range: { y: [0, 1] },
    marks: flip === null ? [] : [{ x: flip, text: `flips at ${text(flip)}` }],
    sentence: `Chances from ε = 0 to ${text(epsilons[points - 1])}: ${flip === null ? "the answer never changes as wanted" : `the answer changes at ε = ${text(flip)}`}; at the end ${last}.`,
  };
}

/** What the model says at a point of the curve, likeliest first. @param {Float32Array} probabilities (P, K) @param {number} point @param {string[]} labels @returns {import("../api.js").Guess[]} */
export function guessesAt(probabilities, point, labels) {
  const row = probabilities.subarray(point * labels.length, (point + 1) * labels.length);
  return labels.map((label, index) => ({ index, label, score: row[index], logit: Math.log(row[index]) })).sort((a, b) => b.score - a.score);
}
