// @ts-check
/** The dialogs of an Explain screen: one more method, one more class, another picture. Knows methods and labels. */

import { find, html } from "../html.js";
import { ImagePicker } from "../elements/image-picker.js";
import { tag } from "./explain-grid.js";

/** @typedef {import("../api.js").Method} Method */

/** Opens a dialog that cleans up after itself. @param {string} title @param {Node[]} content */
function open(title, ...content) {
  const dialog = /** @type {HTMLDialogElement} */ (html`<dialog class="explain-dialog" aria-labelledby="dialog-title">
    <div class="row spread"><h2 id="dialog-title">${title}</h2><button type="button" class="quiet" aria-label="Close" @click=${() => dialog.close()}>×</button></div>${content}</dialog>`);
  dialog.addEventListener("close", () => dialog.remove());
  dialog.addEventListener("click", (event) => event.target === dialog && dialog.close());
  document.body.append(dialog);
  dialog.showModal();
  return dialog;
}

/** @param {Method[]} methods @param {(method: string) => unknown} choose */
export function chooseMethod(methods, choose) {
  const groups = [["model-agnostic", "Model-agnostic: they only ask for scores"], ["model-based", "Model-based: they look inside"]];
  const entry = (/** @type {Method} */ { name, title, needs, about, refusal, seconds_estimate: time }) => html`<li>
    <button type="button" ?disabled=${refusal} @click=${() => (dialog.close(), choose(name))}><b>${title}</b>
      <span class="chip">needs ${tag(needs)}</span><span class="chip" ?hidden=${!time}>≈ ${time && time < 0.1 ? "< 0.1" : time?.toFixed(1)} s</span></button>
    <p class="small ${refusal ? "" : "dim"}">${refusal ?? about.split("\n")[0]}</p></li>`;
  const group = (/** @type {string[]} */ [name, title]) => html`<section aria-label="${title}"><h3 class="dim">${title}</h3>
    <ul class="methods">${methods.filter((method) => method.group === name).map(entry)}</ul></section>`;
  const dialog = open("Add method", ...groups.map(group));
}

/** @param {string[]} labels @param {{ order: number[], shares: number[] }} seen likely classes first @param {(target: { class: number, versus: number | null }) => unknown} choose */
export function chooseClass(labels, { order, shares }, choose) {
  const option = (/** @type {number} */ index) => html`<option value="${index}">${labels[index]} · ${(100 * (shares[index] ?? 0)).toFixed(1)} %</option>`;
  const form = html`<form method="dialog" class="stack">
    <label class="field"><span>Why</span><select name="one">${order.map(option)}</select></label>
    <label class="field"><span>rather than</span><select name="other"><option value="">(this class alone)</option>${order.map(option)}</select></label>
    <p class="small dim">“5 rather than 6” explains the difference of two scores: what makes one win over the other.</p>
    <p class="note small" hidden></p>
    <button type="submit" class="primary">Add class</button></form>`;
  const dialog = open("Add class", form);
  const [one, other] = ["one", "other"].map((name) => find(form, `[name=${name}]`, HTMLSelectElement));
  one.selectedIndex = Math.min(1, order.length - 1);
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    const note = find(form, ".note");
    note.hidden = one.value !== other.value;
    note.textContent = "A class cannot be explained against itself; choose two different ones.";
    if (!note.hidden) return;
    dialog.close();
    choose({ class: Number(one.value), versus: other.value === "" ? null : Number(other.value) });
  });
}

/** @param {(picker: ImagePicker) => unknown} fill @param {(detail: { address?: string, blob?: Blob }) => unknown} choose */
export function choosePicture(fill, choose) {
  const picker = new ImagePicker();
  const dialog = open("Another picture", picker);
  picker.addEventListener("pick", (event) => {
    dialog.close();
    choose(/** @type {CustomEvent} */ (event).detail);
  });
  fill(picker);
}
