// @ts-check
/** Which control of a Because screen does what. Knows elements and the actions it is given. */

import { find, on } from "../html.js";
import { SettingsForm } from "../elements/settings-form.js";
import { PLAIN } from "./because-state.js";

/** @typedef {import("./because-state.js").Question} Question */
/**
 * @typedef {object} Actions
 * @property {() => Question} question
 * @property {() => string} image the picture in question
 * @property {(column: number) => string} column the picture of a column
 * @property {(row: number) => unknown} point
 * @property {() => unknown} ask
 * @property {() => unknown} stop
 * @property {(change: Partial<Question>) => unknown} choose
 * @property {(picked: { address?: string, blob?: Blob }) => unknown} take
 * @property {(row: number, image: string | null) => unknown} recurse
 * @property {(place: import("../elements/pop-menu.js").Place, about: { image: string, row: number }) => unknown} menu
 */

/** @param {import("./because.js").default} page @param {Actions} act */
export function wire(page, act) {
  const { app, pick, selected, grid, panel, deeper } = page;
  const strip = find(page, "layer-strip");
  pick.app = selected.app = deeper.app = app;
  on(pick, "choose", act.choose);
  on(pick, "pick", act.take);
  on(pick, "menu", ({ item, place }) => act.menu(place, { image: item.address, row: -1 }));
  on(selected, "ask", act.ask);
  on(selected, "stop", act.stop);
  on(find(page, "because-trail"), "go", ({ length }) => act.choose({ path: act.question().path.slice(0, length), look: PLAIN }));
  on(deeper, "go", (change) => act.choose({ look: PLAIN, ...change }));
  on(grid, "ask", ({ row, column }) => act.recurse(row, act.column(column)));
  on(grid, "open", ({ column }) => column && act.choose({ image: act.column(column), path: [], look: PLAIN }));
  on(grid, "menu", ({ row, column, place }) => act.menu(place, { image: act.column(column), row }));
  on(panel, "ask", ({ row }) => act.recurse(row, null));
  on(panel, "menu", ({ row, place }) => act.menu(place, { image: act.image(), row }));
  on(panel, "look", ({ kind }) => act.choose({ look: { ...PLAIN, kind } }));
  for (const one of [grid, panel]) on(one, "point", ({ row }) => act.point(row));
  on(strip, "change", ({ chosen }) => act.choose({ layers: chosen, path: act.question().path.filter(({ layer }, at) => !at && chosen.includes(layer)) }));
  on(strip, "refused", ({ why }) => app.toast(why));
  const press = (/** @type {string} */ at, /** @type {() => unknown} */ does) => find(page, at).addEventListener("click", does);
  press(".again", () => act.choose({ settings: find(page, "settings-form", SettingsForm).values }));
  press(".back", () => history.back());
  press(".forward", () => history.forward());
  press(".other", () => act.choose({ image: "", path: [], look: PLAIN }));
  press(".plain", () => act.choose({ look: PLAIN }));
  press(".tree", async () => (await import("./because-tree.js")).showTree(app, location.hash));
  press(".copy", () => app.copy(find(page, ".log pre").textContent ?? "", "Log"));
  find(page, ".restrict", HTMLInputElement).addEventListener("change", ({ target }) => act.choose({ restrict: /** @type {HTMLInputElement} */ (target).checked }));
}
