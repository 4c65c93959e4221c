// @ts-check
/** Where a picture that was made on the Fool screen can go: Draw, Explain, a file, the clipboard. Knows screens by name. */

import { format } from "../route.js";
import { pin } from "../pins.js";
import { inkEncode } from "../wire.js";
import { percent } from "../elements/probability-bars.js";
import { name } from "./explain-words.js";

/** @typedef {import("../app.js").App} App */

/** Whether the drawing area of this model takes its pictures. @param {import("../api.js").Model} model */
export const drawable = ({ input: { channels, width, height } }) => channels === 1 && width === height;

/** An address for 8-bit pixels (H·W·C) of the model's size: a drawing where it can be one, else kept by the server as a PNG.
 * @param {App} app @param {Uint8Array} pixels @param {() => Promise<Blob | null>} png */
export async function addressOf({ api, model }, pixels, png) {
  if (model && drawable(model)) return `ink:${await inkEncode(pixels)}`;
  const picture = await png();
  if (!picture) throw new Error("this browser could not make a picture of it");
  return (await api.addImage(picture)).address;
}

/** A drawing, as it is: centring would move it. @param {App} app @param {string} address */
export const openDraw = (app, address) => app.navigate(format("draw", { model: app.model?.name, ink: address.replace(/^ink:/, ""), centre: 0 }));

/** @param {App} app @param {string} address */
export const openExplain = (app, address) => app.navigate(format("explain", { model: app.model?.name, img: address }));

const JUDGES = 3; // other models that are asked

/** What other models with the same classes and the same size say of a picture; those that fail say nothing.
 * @param {App} app @param {string} address @returns {Promise<{ name: string, text: string, index: number }[]>} */
export async function otherModels({ api, models, model }, address) {
  const same = (/** @type {import("../api.js").Model} */ one) => JSON.stringify([one.labels, one.input]) === JSON.stringify([model?.labels, model?.input]);
  const others = models.filter((one) => one.name !== model?.name && same(one)).slice(0, JUDGES);
  const said = await Promise.all(others.map(({ name }) => api.predict(name, [address], 1).then(({ predictions: [[{ label, score, index }]] }) => ({ name, text: `“${label}”, ${percent(score)}`, index }), () => null)));
  return said.filter((one) => one !== null);
}

/** What can be taken away from a finished run. @param {App} app @param {{ id: string, task: any, facts: { sentence: string, python: string } }} run @param {string} file its name
 * @returns {import("../elements/share-menu.js").MenuItem[]} */
export function runItems(app, { id, task, facts }, file) {
  const save = (/** @type {string} */ href, /** @type {string} */ download) => Object.assign(document.createElement("a"), { href, download }).click();
  const report = async () => {
    const { id: made } = await app.api.reports(facts.sentence.slice(0, 300), [{ run: id, note: "" }]);
    save(app.api.reportURL(made), "seewhy.html");
  };
  return [
    { label: "Pin", hint: "for the report", action: () => pinRun(app, { id, task, facts }) },
    { label: "Save PNG", hint: "picture and caption", action: () => save(app.api.pictureURL(id), `${file}.png`) },
    { label: "Save JSON", hint: "task and facts", action: () => save(app.api.resultURL(id, "json"), `${file}.json`) },
    { label: "Save npz", hint: "all arrays", action: () => save(app.api.resultURL(id, "npz"), `${file}.npz`) },
    { label: "Save HTML report", hint: "one file, opens anywhere", action: () => report().catch((problem) => app.toast(problem.message)) },
    { label: "Copy as Python", action: () => app.copy(facts.python, "Python") },
  ];
}

/** Keeps a finished run for the report. @param {App} app @param {{ id: string, task: any, facts: any }} run */
export const pinRun = (app, { id, task, facts }) => app.toast(pin(app.state, [{ run: id, task, title: titleOf(task, facts) }]));

/** What a report calls it. @param {any} task @param {any} facts */
function titleOf(task, facts) {
  if (task.kind === "attack") return `${facts.title} on ${name(task.image)}`;
  return task.kind === "erase" ? `What is enough for “${facts.target.label}” on ${name(task.image)}` : `Nonsense that is “${facts.target.label}” to the model`;
}
