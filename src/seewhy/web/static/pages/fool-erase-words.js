// @ts-check
/** The words of Fool › Erase: kinds of pieces, what is left, what was found. Knows numbers, no element. */

import { html } from "../html.js";
import { percent } from "../elements/probability-bars.js";

/** @typedef {{ title: string, one: string, many: string, few: boolean }} Kind few: that a person can switch one by one */
/** @type {Record<string, Kind>} */
export const KINDS = {
  pixels: { title: "pixels", one: "pixel", many: "pixels", few: false },
  strokes: { title: "strokes", one: "stroke", many: "strokes", few: true },
  superpixels: { title: "superpixels", one: "superpixel", many: "superpixels", few: true },
  grid: { title: "squares", one: "square", many: "squares", few: true },
};
export const BACKGROUNDS = ["black", "white", "grey", "mean", "blur"];

/** @param {Kind} kind */
export const plural = ({ many }) => many;

/** Numbers of pieces that are gone: "2,4". @type {import("../route.js").Rule} */
export const hidden = (raw) => (/^[1-9]\d{0,3}(,[1-9]\d{0,3})*$/.test(raw) ? raw : undefined);

/** @param {number} n @param {Kind} kind */
export const some = (n, { one, many }) => `${n} ${n === 1 ? one : many}`;

/** What the model says about what is left.
 * @param {{ probabilities: ArrayLike<number>, target: number, labels: string[], share: number, kept: number, all: number, kind: Kind, stuff: string }} seen stuff: "ink"
 * @returns {{ nodes: (Node | string)[], plain: string }} */
export function readout({ probabilities, target, labels, share, kept, all, kind, stuff }) {
  const top = Array.from(labels.keys()).reduce((best, one) => (probabilities[one] > probabilities[best] ? one : best), 0);
  const what = kept === all ? "The whole picture" : kept === 0 ? "Nothing of it" : `${kept} of ${some(all, kind)}, ${percent(share, 0)} of the ${stuff}`;
  const says = top === target ? [kept === all ? "is" : "still", `“${labels[target]}”`, percent(probabilities[target])] : ["no longer", `“${labels[target]}”`, `(${percent(probabilities[target])}) but “${labels[top]}”, ${percent(probabilities[top])}`];
  const mark = top === target ? "✓" : "✗";
  return { nodes: [`${what}: `, html`<b class="${top === target ? "holds" : "fell"}">${says.join(" ")} <span aria-hidden="true">${mark}</span></b>`], plain: `${what}: ${says.join(" ")}` };
}

/** The curves of keeping the strongest and the weakest. @param {{ kept: number[], strongest: number[], weakest: number[] }} curves @param {string} label */
export function chartOf({ kept, strongest, weakest }, label) {
  const x = kept.toReversed();
  const middle = x.findIndex((share) => share >= 0.2);
  return {
    lines: [
      { name: "the strongest stay", look: /** @type {const} */ ("thin"), x, y: strongest.toReversed() },
      { name: "the weakest stay", look: /** @type {const} */ ("wide"), x, y: weakest.toReversed() },
    ],
    xLabel: "how much stays", yLabel: `probability of “${label}”`, ends: /** @type {[string, string]} */ (["nothing", "everything"]),
    sentence: `How sure the model is of “${label}” by how much stays: with the strongest fifth ${percent(strongest.toReversed()[middle], 0)}, with the weakest fifth ${percent(weakest.toReversed()[middle], 0)}.`,
  };
}

/** What was found, and how that is known. @param {any} result @param {Kind} kind */
export function least({ sentence, minimal, reached, pieces, pieces_kept: kept, kept_fraction: share, settings, target }, kind) {
  const wanted = percent(settings.confidence, 0);
  const tried = kept === 0
    ? `Nothing at all is enough: with every ${kind.one} gone the model still says “${target.label}” with ${wanted} or more. So this answer owes nothing to the picture.`
    : kept === 1 ? `Verified minimal: without this one ${kind.one} “${target.label}” falls below ${wanted}.`
    : `Verified minimal: each of the ${some(kept, kind)} was taken away on its own, and every time “${target.label}” fell below ${wanted}.`;
  const most = `${some(pieces - kept, kind)}, ${percent(1 - share, 0)} of it, could go.`;
  return [
    html`<p class="found"><b>${sentence}</b></p>`,
    ...(reached ? [html`<p class="small">${minimal ? `${tried} ${most}` : `The search was stopped before every ${kind.one} had been tried, so fewer may do. ${most}`}</p>`] : []),
    ...(reached && kept > 0 ? [html`<p class="small dim">Minimal is not smallest: another set of ${kind.many} may be smaller still.</p>`] : []),
  ];
}
