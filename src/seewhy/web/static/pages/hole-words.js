// @ts-check
/** What is said of a kept hole, and the command that makes it again. Knows holes, no element. */

/** @typedef {import("../api.js").Hole} Hole */

export const SURE = 0.9; // from here on a model has accepted a picture

/** "99.32 %", and never a rounded 100. @param {number} share */
export const sure = (share) => (share < 1 && share > 0.99995 ? "> 99.99 %" : `${(100 * share).toFixed(2)} %`);

/** What it is made of, in a few words. @param {Hole} hole */
export function made({ kind, recipe, epsilon }) {
  const { form, amount, pieces } = recipe.settings ?? {};
  if (kind === "attack") return `${recipe.method ?? "attack"}, ε ${short(epsilon)}`;
  if (kind === "erase") return `what is left of a picture, by ${pieces ?? "pieces"}`;
  if (form === "strokes") return amount === 1 ? "one stroke" : `≤ ${amount} strokes`;
  if (form === "pixels" || form === "guided") return `≤ ${amount} pixels${form === "guided" ? " that maps point at" : ""}`;
  return form === "smooth" ? "smooth spots" : form ?? "nonsense";
}

/** "0.0412 = 10.5/255". @param {number | null} epsilon */
export const size = (epsilon) => (epsilon === null ? "" : `${short(epsilon)} = ${(255 * epsilon).toFixed(1)}/255`);

/** @param {number | null} value */
const short = (value) => String(Number((value ?? 0).toPrecision(3)));

/** One line for whoever does not see it. @param {Hole} hole */
export function sentence(hole) {
  const what = hole.truth === null ? "nothing" : `“${hole.truth}”`;
  return `${what} called “${hole.label}”, ${sure(hole.probability)} sure, ${made(hole)}`;
}

/** The command that makes it again and keeps it. @param {Hole} hole */
export function command({ kind, recipe, label }) {
  const { model, settings = {}, image, method, target, data } = recipe;
  const set = Object.entries(settings).filter(([, value]) => value !== null).map(([name, value]) => ` --set ${name}=${quote(typeof value === "string" ? value : JSON.stringify(value))}`).join("");
  const of = ` --model ${quote(model ?? "")}`;
  const to = target === null || target === undefined ? "" : ` --target ${quote(String(target))}`;
  if (kind === "nonsense") return `seewhy fool ${quote(String(target ?? label))}${of} --known ${quote(data ?? "none")}${set} --keep`;
  if (kind === "attack") return `seewhy attack ${quote(image ?? "")}${of} --method ${quote(method ?? "fgsm")}${set}${to} --keep`;
  return `seewhy least ${quote(image ?? "")}${of}${set}${to} --keep`;
}

/** The nonsense that was accepted, by the class it was taken for in the model's order; and the rest. @param {Hole[]} holes @param {string[]} labels */
export function grouped(holes, labels) {
  const place = (/** @type {string} */ label) => (labels.includes(label) ? labels.indexOf(label) : labels.length);
  const nonsense = holes.filter(({ truth, probability }) => truth === null && probability >= SURE).sort((a, b) => b.probability - a.probability);
  const names = [...new Set(nonsense.map(({ label }) => label))].sort((a, b) => place(a) - place(b) || a.localeCompare(b));
  return {
    classes: names.map((name) => ({ name, holes: nonsense.filter(({ label }) => label === name) })),
    unsure: holes.filter(({ truth, probability }) => truth === null && probability < SURE),
    nudged: holes.filter(({ truth }) => truth !== null).sort((a, b) => (a.epsilon ?? 1) - (b.epsilon ?? 1)),
  };
}

/** @param {string} text */
export const quote = (text) => (/^[\w@%+=:,./-]+$/.test(text) ? text : `'${text.replaceAll("'", `'\\''`)}'`);
