// @ts-check
/** Pins of an Explain screen: which maps are kept, and keeping or dropping them. Knows cells and pins. */

import { isPinned, pin, unpin } from "../pins.js";

/** @typedef {import("./explain-cell.js").ExplainCell} ExplainCell */
/** @typedef {import("../app.js").App} App */

/** @param {App} app @param {ExplainCell[]} cells */
export function showPins({ state }, cells) {
  for (const cell of cells) cell.pinned = isPinned(state, cell.run);
}

/** @param {App} app @param {ExplainCell | null} cell */
export function togglePin(app, cell) {
  if (!cell || cell.state !== "done") return app.toast("There is no map here to pin.");
  if (!isPinned(app.state, cell.run)) return pinAll(app, [cell], app.announce); // it is seen on the map
  unpin(app.state, cell.run);
  app.announce(`Unpinned: ${cell.name}.`);
}

/** @param {App} app @param {ExplainCell[]} cells @param {(text: string) => unknown} [say] */
export function pinAll(app, cells, say = app.toast) {
  const done = cells.filter(({ state, asked }) => state === "done" && asked?.task);
  if (!done.length) return app.toast("There is no explanation yet.");
  say(pin(app.state, done.map(({ run, asked, name }) => ({ run, title: name, task: /** @type {import("../api.js").Task} */ (asked?.task) }))));
}
