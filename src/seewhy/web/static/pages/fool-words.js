// @ts-check
/** The sentences of the Fool screen: what was seen, and no more. Knows results, no element. */

import { percent } from "../elements/probability-bars.js";
import { eighths, short } from "../nudging.js";

/** @typedef {import("../api.js").Guess} Guess */
/**
 * @typedef {object} Attacked the facts of an attack run
 * @property {boolean} success
 * @property {number} label
 * @property {number | null} target
 * @property {number | null} eps
 * @property {number | null} flip_eps
 * @property {Guess[]} before
 * @property {Guess[]} after
 * @property {{ linf: number, l2: number, l0: number }} norms
 * @property {{ eps: number, reached: boolean }[]} curve
 * @property {string} sentence
 * @property {string} title
 * @property {string} attack
 * @property {Record<string, unknown>} settings
 * @property {{ warnings: string[] } & Record<string, any>} notes
 * @property {number} seconds
 * @property {string} python
 */

/** "panda · 57.7 %". @param {{ label: string, score: number }} guess */
export const belief = ({ label, score }) => `${label} · ${percent(score)}`;

/** The outcome of a whole nudge. @param {Attacked} found @param {string[]} labels */
export function outcome(found, labels) {
  const { flip_eps: flip, target, curve, before, label } = found;
  const end = curve[curve.length - 1].eps;
  const wanted = target === null ? "" : ` into ${labels[target]}`;
  const first = [...before].sort((a, b) => b.score - a.score)[0];
  if (target === null && first.index !== label) return `Nothing was needed: it says ${first.label} of the picture as it is.`;
  if (flip === null) return `Not fooled${wanted} up to ${epsilon(found)} = ${short(end)}${linear(found) ? ` (${eighths(end)})` : ""} along this direction.`;
  const at = `${epsilon(found)} = ${short(flip)}${linear(found) ? ` (${eighths(flip)})` : ""}`;
  if (found.attack === "fgsm") return `One linear step was enough${target === null ? "" : ` to reach ${labels[target]}`}: the answer changes at ${at}.`;
  return `Fooled${wanted}: along the direction that ${found.title} found, the answer changes at ${at}.`;
}

/** Is ε the largest change of a value? @param {Attacked} found */
export const linear = ({ settings, eps }) => eps === null || settings.norm === undefined || settings.norm === "linf";

/** @param {Attacked} found */
const epsilon = (found) => (linear(found) ? "ε" : "ε (length)");

/** What it says now. @param {Guess[]} guesses likeliest first @param {number} label @param {number | null} goal @param {number} eps @param {string[]} labels */
export function now(guesses, label, goal, eps, labels) {
  const [top] = guesses;
  const at = `At ε = ${short(eps)} it says ${top.label} (${percent(top.score)})`;
  if (goal !== null && top.index === goal) return `${at}, as wanted.`;
  if (top.index === label) return `${at}.`;
  return `${at} instead of ${labels[label]}.`;
}
