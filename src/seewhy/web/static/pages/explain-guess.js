// @ts-check
/** What a model makes of a picture, asked once for each. Knows the API it is given. */

/** @typedef {import("../api.js").Guess} Guess */
/** @typedef {{ top: Guess, order: number[], shares: number[], label: string | null }} Seen likeliest class, all of them by likelihood, their shares, the true label */

const KEPT = 50;
/** @type {Map<string, Promise<Seen>>} */
const known = new Map();

/** @param {typeof import("../api.js")} api @param {string} model @param {string} image @param {string[]} labels @returns {Promise<Seen>} */
export function guess(api, model, image, labels) {
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
