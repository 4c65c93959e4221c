// @ts-check
/** The menu of the picture as the model saw it, on Draw; loaded when somebody asks. Knows the page's picture, not how it was drawn. */

import { openMenu } from "../elements/pop-menu.js";
import { stylesheet } from "../html.js";
import { pictureItems } from "../picture-menu.js";

/** @param {import("../app.js").App} app @param {string | null | undefined} image @param {import("../elements/pop-menu.js").Place} place */
export async function seenMenu(app, image, place) {
  if (!image) return app.toast("There is no drawing yet.");
  await stylesheet("pop-menu.css");
  const items = pictureItems(app, image, { title: "drawing" });
  openMenu(place, items.filter((item) => !("label" in item) || item.label !== "Open in Draw"), "Your drawing");
}
