// @ts-check
/** Dialogs of the shell: keys and preferences, and text that could not be copied. Fetched when first asked for. */

import { html } from "./html.js";

/** @typedef {import("./keys.js").Table} Table */

const ALWAYS = /** @type {[string, string][]} */ ([
  ["Arrows, Space", "Draw by keyboard, on the drawing"],
  ["Esc", "Close a menu or this help"],
  ["Alt + ←", "Back"],
]);

/** @param {{ page: { shortcuts?: Table } | null, shortcuts: Table, state: import("./state.js").State }} app */
export function showHelp({ page, shortcuts, state }) {
  const row = (/** @type {string} */ keys, /** @type {string} */ label) =>
    html`<div><dt>${keys.split(" ").map((key) => html`<kbd>${/^[A-Z]$/.test(key) ? `⇧${key}` : key.length === 1 ? key.toUpperCase() : key}</kbd>`)}</dt><dd>${label}</dd></div>`;
  const rows = (/** @type {Table} */ table) => Object.entries(merged(table)).map(([keys, label]) => row(keys, label));
  const theme = html`<select>${["System", "Light", "Dark"].map((name, i) => html`<option value="${["", "light", "dark"][i]}">${name}</option>`)}</select>`;
  /** @type {HTMLSelectElement} */ (theme).value = state.get("theme");
  theme.addEventListener("change", () => state.set("theme", /** @type {HTMLSelectElement} */ (theme).value));
  const letters = html`<input type="checkbox" .checked=${state.get("letters")}>`;
  letters.addEventListener("change", () => state.set("letters", /** @type {HTMLInputElement} */ (letters).checked));
  open("Keys", [
    html`<dl class="keys">${rows(page?.shortcuts ?? {})}${rows(shortcuts)}${ALWAYS.map(([keys, label]) => html`<div><dt><kbd>${keys}</kbd></dt><dd>${label}</dd></div>`)}</dl>`,
    html`<p class="row"><label class="row">Colours of the page ${theme}</label><label class="row">${letters} Single-letter keys</label></p>`,
  ]);
}

/** @param {string} what @param {string} text */
export function showText(what, text) {
  const area = html`<textarea readonly rows="8" aria-label="${what}" .value=${text}></textarea>`;
  open(`${what}: the browser did not allow copying, so here it is`, [area]);
  /** @type {HTMLTextAreaElement} */ (area).select();
}

/** @param {string} title @param {Node[]} content */
function open(title, content) {
  const close = html`<form method="dialog"><button class="primary">Close</button></form>`;
  const dialog = /** @type {HTMLDialogElement} */ (html`<dialog aria-label="${title}"><h2>${title}</h2>${content}${close}</dialog>`);
  document.body.append(dialog);
  dialog.addEventListener("close", () => dialog.remove());
  dialog.addEventListener("click", ({ target }) => target === dialog && dialog.close());
  dialog.showModal();
}

/** Keys that do the same kind of thing share a line: 0 … 9. @param {Table} table */
function merged(table) {
  const digits = Object.keys(table).filter((key) => /^\d$/.test(key));
  /** @type {Record<string, string>} */
  const labels = {};
  for (const [key, [label]] of Object.entries(table)) if (!digits.includes(key)) labels[key] = label;
  if (digits.length) labels["1 … 9 0"] = "Explain the class at that place";
  return labels;
}
