// @ts-check
/** How rules are said: names, shares, counts, and what they mean. Knows numbers and labels. */

/** @typedef {{ n: number, f: number, p: number, total: number, precision: number | null, recall: number | null, base_rate: number | null, lift: number | null,
 *   precision_interval: [number, number] | null, recall_interval: [number, number] | null, warning: string | null }} Counts */
/** @typedef {{ kind: string, text: string, label?: string, layer?: string, unit?: number[], op?: ">=" | "<=", threshold?: number, parts?: Predicate[], class?: number }} Predicate */
/** @typedef {{ layer: string, conclusion: Predicate, premise: Predicate, text: string, sentence: string, train: Counts, test: Counts, regions: [number, number, number, number][],
 *   fractions: [number, number][], key_values: number[], settings: Record<string, unknown>, notes: Record<string, any>, labels: string[], image: string, seconds: number,
 *   log: string, key: { predicted: number, predicted_name: string, label: number | null, label_name: string | null, score: number } }} Rule */

/** @param {number | null} share */
export const percent = (share) => (share === null ? "n/a" : `${(100 * share).toFixed(share >= 0.9995 || share < 0.0005 ? 0 : share < 0.01 ? 2 : 1)} %`);

/** .985, as tables of precision and recall write it. @param {number | null} share */
export const ratio = (share) => (share === null ? "n/a" : share.toFixed(3).replace(/^0/, ""));

/** @param {[number, number] | null} interval */
export const range = (interval) => (interval ? `${ratio(interval[0])}–${ratio(interval[1])}` : "");

/** @param {Predicate} conclusion */
export const claim = (conclusion) => (conclusion.kind === "class" ? `it says “${conclusion.label}”` : `${conclusion.text} at ${conclusion.layer}`);

/** A crumb: what is explained, where. @param {Rule | null} rule @param {{ condition: number | null, layer: string }} step @param {string} said */
export function crumb(rule, step, said) {
  const count = rule ? ` · ${(rule.premise.parts ?? []).length} condition${(rule.premise.parts ?? []).length === 1 ? "" : "s"}` : "";
  return step.condition === null ? `is ${said} · ${step.layer}${count}` : `${step.condition + 1} @ ${step.layer}${count}`;
}

/** The rule as one or two sentences for people. @param {Rule} rule */
export function meaning(rule) {
  const parts = (rule.premise.parts ?? []).length;
  const [facts, them] = parts === 1 ? ["this fact", "it"] : [`these ${number(parts)} facts`, "them"];
  const { test } = rule;
  const isClass = rule.conclusion.kind === "class";
  if (!parts) return "Every image of the sample has the conclusion: there is nothing to find out.";
  if (test.precision === null || test.recall === null) return `No test image has ${facts}; look at the training images.`;
  return isClass
    ? `${percent(test.precision)} of the test images with ${facts} are called “${rule.conclusion.label}”; ${percent(test.recall)} of those called “${rule.conclusion.label}” have ${them}.`
    : `${percent(test.precision)} of the test images with ${facts} satisfy ${rule.conclusion.text}; ${percent(test.recall)} of those that do have ${them}.`;
}

/** One sentence for people who listen. @param {Rule} rule */
export function summary({ premise, layer, test }) {
  const count = (premise.parts ?? []).length;
  return `${count} condition${count === 1 ? "" : "s"} at ${layer}, ${percent(test.precision)} precise on test images.`;
}

/** Why a small recall is no fault of the rule. @param {Rule} rule */
export function hint({ test, conclusion }) {
  if (test.recall === null || test.recall > 0.1 || conclusion.kind !== "class") return "";
  return `Recall ${ratio(test.recall)}: only few images called “${conclusion.label}” are decided this way; others have rules of their own.`;
}

/** @param {number} count */
const number = (count) => ["no", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten"][count] ?? String(count);

/** A picture's name as people say it. @param {string} address */
export const name = (address) => (address.startsWith("ink:") ? "your drawing" : address.startsWith("up:") ? "your picture" : address);

/** @param {{ predicted_name: string, label_name: string | null, score?: number }} item */
export function verdict({ predicted_name: said, label_name: label, score }) {
  const sure = score === undefined ? "" : ` (${percent(score)})`;
  return label === null ? `predicted ${said}${sure}` : label === said ? `called ${said}${sure}, as labelled` : `labelled ${label}, predicted ${said}${sure}`;
}
