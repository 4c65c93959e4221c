// @ts-check
/** What a model makes of a picture, asked once for each. Knows the API it is given. */

/** @typedef {import("../api.js").Guess} Guess */
/** @typedef {{ top: Guess, order: number[], shares: number[], label: string | null }} Seen likeliest class, all of them by likelihood, their shares, the true label */

const KEPT = 50;
/** @type {Map<string, Promise<Seen>>} */
const known = new Map();

/** What several models make of it; the first must be able to, of the others each says why not.
 * @param {import("../app.js").App} app @param {string[]} names @param {string} image @returns {Promise<import("./explain-plan.js").Sight[]>} */
export const look = ({ api, models }, names, image) => Promise.all(names.map(async (name, at) => {
  const model = /** @type {import("../api.js").Model} */ (models.find((one) => one.name === name));
  const [methods, seen] = await Promise.all([api.methods(name), guess(api, name, image, model.labels).catch((problem) => {
    if (at === 0) throw problem;
    return String(problem.message);
  })]);
  return typeof seen === "string" ? { model, methods, seen: null, trouble: seen } : { model, methods, seen };
}));

/** @param {typeof import("../api.js")} api @param {string} model @param {string} image @param {string[]} labels @returns {Promise<Seen>} */
function guess(api, model, image, labels) {
  const key = `${model} ${image}`;
  let answer = known.get(key);
  if (!answer) known.set(key, (answer = ask(api, model, image, labels)));
  answer.catch(() => known.delete(key));
  if (known.size > KEPT) known.delete(known.keys().next().value ?? "");
  return answer;
}

/** @param {typeof import("../api.js")} api @param {string} model @param {string} image @param {string[]} labels @returns {Promise<Seen>} */
async function ask(api, model, image, labels) {
  const { predictions: [guesses], labels_true: [label] } = await api.predict(model, [image], labels.length);
  const shares = labels.map(() => 0);
  for (const { index, score } of guesses) shares[index] = score;
  return { top: guesses[0], order: guesses.map(({ index }) => index), shares, label: label === null ? null : labels[label] };
}
