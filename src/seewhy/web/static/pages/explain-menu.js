// @ts-check
/** What can be taken away from an Explain screen: one cell, or the whole grid as a report. Knows cells and the API. */

import { format } from "../route.js";
import { openMenu } from "../elements/pop-menu.js";
import { pictureItems } from "../picture-menu.js";
import { shareItems } from "../share.js";
import { inkEncode } from "../wire.js";
import { isPinned } from "../pins.js";
import { pinAll, togglePin } from "./explain-pins.js";
import { writeQuestion } from "./explain-state.js";
import { name } from "./explain-words.js";

/** @typedef {import("./explain-cell.js").ExplainCell} ExplainCell */
/** @typedef {import("./explain-state.js").Question} Question */
/** @typedef {import("../app.js").App} App */

const ELSEWHERE = ["Because…", "Fool it", "Learn with it"]; // what another screen makes of the picture

/** The menu of a picture alone. @param {App} app @param {import("../elements/pop-menu.js").Place} place @param {string} address @param {boolean} [here] it is explained already */
export function pictureMenu(app, place, address, here = false) {
  openMenu(place, pictureItems(app, address, { title: name(address) }).filter((item) => !here || !("label" in item) || item.label !== "Explain"), `The picture ${name(address)}`);
}

/** The ⋯ of one cell. @param {App} app @param {ExplainCell} cell @param {Question} question @param {import("../api.js").Method[]} methods */
export function cellItems(app, cell, question, methods) {
  const task = () => cell.asked?.task ?? null;
  const shared = shareItems(app, task, () => look(cell, question));
  const image = cell.asked?.task?.image;
  const others = image ? /** @type {import("../elements/share-menu.js").MenuItem[]} */ (pictureItems(app, image)).filter(({ label }) => ELSEWHERE.includes(label)) : [];
  const again = cell.busy ? { label: "Cancel", action: () => cell.cancel() } : { label: "Run again", action: () => cell.start() };
  const kept = isPinned(app.state, cell.run);
  return [{ label: kept ? "Unpin" : "Pin", hint: "for the report · P", action: () => togglePin(app, cell) }, ...shared.filter(({ label }) => label !== "Pin"), { label: "Copy link", hint: "this map alone", action: () => copyLink(app, task(), question, methods) }, { label: "Open in Draw", action: () => draw(app, cell) }, ...others,
    ...(cell.state === "done" ? [] : [again])];
}

/** The shell's Share: the grid as one report, and the chosen map. @param {App} app @param {ExplainCell[]} cells @param {ExplainCell | null} active @param {Question} question @param {string} title */
export function gridItems(app, cells, active, question, title) {
  const one = active ? shareItems(app, () => active.asked?.task ?? null, () => look(active, question)) : [];
  return [
    { label: "Pin all maps", hint: "for the report", action: () => pinAll(app, cells) },
    { label: "Save HTML report", hint: "all maps, one file", action: () => report(app, cells, title) },
    ...one.filter(({ label }) => !/report|^Pin$/i.test(label)).map((item) => ({ ...item, hint: item.hint && `${active?.asked?.title}` })),
  ];
}

/** @param {ExplainCell} cell @param {Question} question */
function look(cell, { view: { view, opacity, strength } }) {
  return { view, opacity, scale: (cell.heat.data?.scale ?? 1) / strength };
}

/** @param {App} app @param {ExplainCell[]} cells @param {string} title */
async function report(app, cells, title) {
  const done = cells.filter(({ state }) => state === "done");
  if (!done.length) return app.toast("There is no explanation yet.");
  try {
    const { id } = await app.api.reports(title, done.map(({ run }) => ({ run, note: "" })));
    Object.assign(document.createElement("a"), { href: app.api.reportURL(id), download: "seewhy.html" }).click();
  } catch (problem) {
    app.toast(/** @type {Error} */ (problem).message);
  }
}

/** @param {App} app @param {import("../api.js").Task | null} task @param {Question} question @param {import("../api.js").Method[]} methods */
function copyLink(app, task, question, methods) {
  if (!task) return app.toast("There is no explanation to lead to.");
  const { model, method, settings = {}, target } = task;
  const asked = typeof target === "number" ? { class: target, versus: null } : /** @type {import("./explain-state.js").Target} */ (target);
  const params = writeQuestion({ ...question, recipes: [{ method, settings }], targets: [asked], models: [] }, methods);
  return app.copy(new URL(format("explain", { model, ...params }), location.href).href, "Link");
}

/** @param {App} app @param {ExplainCell} cell */
async function draw(app, cell) {
  const { map } = cell;
  if (!map || map.image.channels !== 1 || map.width !== map.height) return app.toast("Draw knows only square grey pictures; this one is not.");
  const ink = await inkEncode(Uint8Array.from(map.image.pixels, (value) => Math.round(255 * value)));
  app.navigate(format("draw", { model: app.model?.name, ink, centre: 0, method: cell.asked?.task?.method }));
}
