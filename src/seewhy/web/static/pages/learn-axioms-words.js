// @ts-check
/** What the axioms say in words and formulas, and how a result becomes a verdict. Knows results, no page. */

/** The other network. */
export const TWINS = { wide: "Twice as wide, shuffled", norms: "Batch norm folded or put in", maxima: "Maxima written with ReLUs", keras: "In Keras" };
/** The half that cannot be seen. */
export const SIDES = { left: "Left", right: "Right", top: "Top", bottom: "Bottom" };

const A = (/** @type {string} */ f) => `<msub><mi>A</mi><mi>i</mi></msub><mo>(</mo><mi>${f}</mi><mo>,</mo><mi>x</mi><mo>)</mo>`;
const F = (/** @type {string} */ f, /** @type {string} */ x) => `<mi>${f}</mi><mo>(</mo>${x}<mo>)</mo>`;
const X = "<mi>x</mi>";
const BLACK = "<msup><mi>x</mi><mo>′</mo></msup>";
const THEN = "<mspace width='0.8em'></mspace><mo>⇒</mo><mspace width='0.8em'></mspace>";

/** @type {Record<"invariance" | "sensitivity" | "dummy", string>} */
export const FORMULAS = {
  invariance: `<math display="block"><mo>∀</mo>${X}<mo>:</mo>${F("f", X)}<mo>=</mo>${F("g", X)}${THEN}<mo>∀</mo>${X}<mo>,</mo><mi>i</mi><mo>:</mo>${A("f")}<mo>=</mo>${A("g")}</math>`,
  sensitivity: `<math display="block">${F("f", X)}<mo>≠</mo>${F("f", BLACK)}${THEN}<mo>∃</mo><mi>i</mi><mo>:</mo>${A("f")}<mo>≠</mo><mn>0</mn></math>`,
  dummy: `<math display="block"><mo>∀</mo>${X}<mo>:</mo><mfrac><mrow><mo>∂</mo>${F("f", X)}</mrow><mrow><mo>∂</mo><msub><mi>x</mi><mi>i</mi></msub></mrow></mfrac><mo>=</mo><mn>0</mn>${THEN}${A("f")}<mo>=</mo><mn>0</mn></math>`,
};

/** @param {any} found @param {import("../wire.js").Tensor} tensor values (P, H, W) @returns {import("../elements/axiom-list.js").Verdict} */
export function verdictOf(found, { data, shape }) {
  const [count, height, width] = shape;
  const values = /** @type {Float32Array} */ (data);
  const size = height * width;
  const scale = robust(values);
  const names = count === 2 ? ["by the network", "by its twin"] : [""];
  const pictures = names.map((name, at) => ({ values: values.slice(at * size, (at + 1) * size), width, height, scale, signed: found.signed, sentence: `${found.title} ${name}` }));
  return { pictures, holds: found.holds, words: words(found), sentence: found.sentence };
}

/** @param {any} found */
function words(found) {
  if (found.axiom === "invariance") return found.holds ? "same map" : `off by ${percent(found.relative)}`;
  if (found.axiom === "sensitivity") return found.holds ? "notices" : "all zero";
  return found.holds ? "nothing there" : `${percent(found.share)} lies there`;
}

/** @param {number} share */
const percent = (share) => (share < 0.001 ? "under 0.1 %" : `${(100 * share).toFixed(share < 0.1 ? 1 : 0)} %`);

/** The 99th percentile of what is not zero: one scale for both maps of a row. @param {Float32Array} values */
function robust(values) {
  const sizes = Float32Array.from(values, Math.abs).filter((value) => value > 0).sort();
  return sizes.length ? sizes[Math.min(sizes.length - 1, Math.floor(0.99 * sizes.length))] : 1;
}
