// @ts-check
/** What can be done with any picture, wherever it is shown: the same items on every screen. Knows screens by name, no element. */

import { format } from "./route.js";
import { inkEncode } from "./wire.js";

/** @typedef {import("./elements/pop-menu.js").MenuItem} MenuItem */
/** @typedef {import("./app.js").App} App */

/** The items for the picture at `address`. @param {App} app @param {string} address @param {{ title?: string, because?: Record<string, unknown> }} [about] @returns {MenuItem[]} */
export function pictureItems(app, address, { title = address, because = {} } = {}) {
  const model = app.model?.name;
  const to = (/** @type {string} */ page, /** @type {Record<string, unknown>} */ params = {}) => () => app.navigate(format(page, { model, img: address, ...params }));
  return [
    { label: "Explain", hint: "heat maps", action: to("explain") },
    { label: "Fool it", hint: "how little it takes", action: to("fool") },
    { label: "Because…", hint: "a rule", action: to("because", because) },
    { label: "Learn with it", hint: "each method, step by step", action: to("learn") },
    { label: "Open in Draw", action: () => draw(app, address) },
    { label: "Copy link", action: () => app.copy(new URL(format("explain", { model, img: address }), location.href).href, "Link") },
    { label: "Copy as Python", action: () => app.copy(python(model ?? "", address), "Python") },
    { label: "Copy as command", action: () => app.copy(`seewhy because ${quote(address)} --model ${quote(model ?? "")}\n`, "Command") },
    { label: "Save PNG", hint: "the picture", action: () => Object.assign(document.createElement("a"), { href: app.api.imageURL(address), download: `${title.replace(/[^\w.-]+/g, "-")}.png` }).click() },
  ];
}

/** @param {App} app @param {string} address */
async function draw(app, address) {
  try {
    const { shape, data } = await app.api.image(address);
    const [channels, height, width] = shape;
    const { height: wanted, width: wide } = app.model?.input ?? {};
    if (channels !== 1 || height !== wanted || width !== wide) return app.toast("Draw knows only grey pictures of the model's own size; this one is not.");
    const bytes = Uint8Array.from(/** @type {Float32Array} */ (data), (value) => Math.round(255 * value));
    if (bytes.some((byte, i) => Math.abs(byte - 255 * Number(data[i])) > 1e-3)) app.toast("Draw knows 256 greys: the picture was rounded to them, so the answer may differ.");
    const ink = await inkEncode(bytes);
    app.navigate(format("draw", { model: app.model?.name, ink, centre: 0 }));
  } catch (problem) {
    app.toast(/** @type {Error} */ (problem).message);
  }
}

/** @param {string} model @param {string} address */
const python = (model, address) => `import seewhy\n\nwhy = seewhy.explain(${JSON.stringify(model)}, ${JSON.stringify(address)})\nrule = seewhy.because(${JSON.stringify(model)}, ${JSON.stringify(address)})\nprint(rule.sentence)\n`;

/** @param {string} text */
const quote = (text) => (/^[\w@%+=:,./-]+$/.test(text) ? text : `'${text.replaceAll("'", `'\\''`)}'`);
