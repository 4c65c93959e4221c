// @ts-check
/** The question on the Draw screen as a link and back. Knows keys and methods, no element. */

import { formatRecipe, parseRecipe } from "../recipe.js";
import { below, flag, read } from "../route.js";
import { inkDecode } from "../wire.js";

/** @typedef {import("../api.js").Method} Method */
/**
 * @typedef {object} Question
 * @property {string} ink the drawing, empty for none
 * @property {boolean} centre
 * @property {string} method
 * @property {Record<string, unknown>} settings
 * @property {number | null} target the class to explain; null follows the guess
 */

/**
 * What a link asks, the drawing it holds, and what could not be understood in it.
 * @param {URLSearchParams} params @param {{ labels: string[], methods: Method[], size: number }} known
 * @returns {Promise<{ question: Question, pixels: Uint8Array | null, corrections: string[] }>}
 */
export async function readQuestion(params, { labels, methods, size }) {
  const { values, corrections } = read(params, { ink: (text) => text, centre: flag, method: (text) => text, t: below(labels.length) });
  const { method, settings, problem } = parseRecipe(values.method ?? "", methods);
  if (problem) corrections.push(problem);
  const drawn = values.ink ? await inkDecode(values.ink).catch(() => null) : null;
  const pixels = drawn?.length === size ? drawn : null;
  if (values.ink && !pixels) corrections.push("its drawing is damaged or of another size");
  return { question: { ink: pixels ? values.ink : "", centre: values.centre ?? true, method, settings, target: values.t ?? null }, pixels, corrections };
}

/** @param {Question} question @param {Method[]} methods */
export function writeQuestion({ ink, centre, method, settings, target }, methods) {
  const { settings: schema } = methods.find(({ name }) => name === method) ?? {};
  return { ink, centre: centre ? 1 : 0, method: formatRecipe(method, settings, schema), t: target };
}
