// @ts-check
/** Fills a drop-down without losing what is open or focused. Knows entries, no page. */

import { html } from "./html.js";

/** Gives `select` these entries where it has others, and chooses `value`. @param {HTMLSelectElement} select @param {[string, string][]} entries value and text @param {string} value */
export function options(select, entries, value) {
  const has = [...select.options].map((one) => one.value).join("\n");
  if (entries.map(([one]) => one).join("\n") !== has) select.replaceChildren(...entries.map(([one, text]) => html`<option value="${one}">${text}</option>`));
  select.value = value;
}
