// @ts-check
/** The sentences of an Explain screen. Knows questions, guesses and results, no element. */

import { signed } from "../elements/colour-legend.js";
import { percent } from "../elements/probability-bars.js";

const NUMBERS = ["no", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine"];
const SCALES = { col: "one colour scale per method", row: "one colour scale per class", all: "one colour scale", off: "each map with its own scale" };

const CLOSED = 0.05; // a gap above this share of the rise is no completeness

/** "labelled 5 · predicted 5 (97 %) ✓ · four methods, two classes, one colour scale per method".
 * @param {import("../api.js").Guess} first @param {string | null} label @param {import("./explain-state.js").Question} question @param {number} rows */
export function facts(first, label, { recipes, view, models }, rows) {
  const kinds = new Set(recipes.map(({ method }) => method)).size;
  const plain = kinds === recipes.length && !models.length;
  const several = recipes.length * rows * (models.length + 1) > 1 && (plain || view.lock !== "col" ? SCALES[view.lock] : "one colour scale per column");
  const columns = kinds === recipes.length ? count(kinds, "method") : `${count(kinds, "method")} in ${count(recipes.length, "version")}`;
  const grid = [columns, count(rows, "class", "es"), models.length > 0 && count(models.length + 1, "model"), several].filter(Boolean).join(", ");
  return [label !== null && `labelled ${label}`, verdict(first, label), grid].filter(Boolean).join(" · ");
}

/** "predicted 5 (97 %) ✓". @param {import("../api.js").Guess} first @param {string | null} label */
export function verdict({ label: guessed, score }, label) {
  return `predicted ${guessed} (${percent(score)})${label === null ? "" : label === guessed ? " ✓" : " ✗"}`;
}

/** @param {number} n @param {string} noun @param {string} [plural] */
const count = (n, noun, plural = "s") => `${NUMBERS[n] ?? n} ${noun}${n === 1 ? "" : plural}`;

/** One sentence for people who listen. @param {import("../api.js").Guess} top @param {number} maps */
export const heard = ({ label, score }, maps) => `${label}, ${Math.round(100 * score)} percent; ${count(maps, "map")} ready`;

/** A title for each column; where a method has several, its settings tell them apart.
 * @param {import("./explain-state.js").Recipe[]} recipes @param {import("../api.js").Method[]} methods @returns {{ title: string, settings: string }[]} */
export function columnNames(recipes, methods) {
  return recipes.map(({ method, settings }) => {
    const known = methods.find(({ name }) => name === method);
    const several = recipes.filter((other) => other.method === method);
    const changed = Object.keys(known?.settings.properties ?? settings).filter((name) => several.some((other) => (other.settings[name] ?? null) !== null));
    const words = changed.map((name) => `${name} ${said(settings[name] ?? known?.settings.properties?.[name]?.default ?? "default")}`);
    return { title: known?.title ?? method, settings: several.length < 2 ? "" : words.join(", ") || "as it is" };
  });
}

/** A setting in a title. @param {unknown} value */
const said = (value) => (typeof value === "string" && value.length > 20 ? `${value.slice(0, 18)}…` : String(value));

/** An address as a title. @param {string} address */
export const name = (address) => (address.startsWith("ink:") ? "A drawing" : address.startsWith("up:") ? "Your picture" : address.startsWith("run:") ? MADE[address.split("/")[1]] ?? "A picture made here" : address);

const MADE = /** @type {Record<string, string>} */ ({ adversarial: "An attacked picture", least: "What is left of a picture" });

/** What a map has to say about its own quality. @param {import("../api.js").Result} result @returns {{ text: string, wrong?: boolean, hint: string }} */
export function quality({ notes, sum }) {
  const hint = `The values sum to ${signed(sum)}.`;
  if (typeof notes.relative_gap === "number") {
    const gap = Math.abs(notes.relative_gap);
    const wrong = gap > CLOSED;
    return { text: `gap ${(100 * gap).toFixed(1)} % ${wrong ? "✗" : "✓"}`, wrong, hint: `${hint} The gap is the difference to the rise of the score; more steps make it smaller.` };
  }
  if (typeof notes.layer === "string") return { text: `layer ${notes.layer}`, hint };
  if (typeof notes.windows === "number") return { text: `${notes.windows} patches`, hint };
  if (typeof notes.r2 === "number") return { text: `R² ${notes.r2.toFixed(2)}`, hint: "How much of what the score did the straight line explains; below 0.5 its weights mean little." };
  return { text: "", hint };
}

/** What a map that is not done yet has to say about itself. @param {Record<string, string>} facts */
export function soFar({ r2, relative_gap: gap, estimated_error: error }) {
  if (r2 !== undefined) return `R² ${Number(r2).toFixed(2)} so far`;
  if (gap !== undefined) return `gap ${(100 * Number(gap)).toFixed(1)} % so far`;
  return error === undefined ? "" : `error ${(100 * Number(error)).toFixed(1)} % so far`;
}

/** @param {number} value */
export const seconds = (value) => (value < 0.0095 ? "< 0.01 s" : value < 10 ? `${value.toFixed(2)} s` : `${Math.round(value)} s`);
