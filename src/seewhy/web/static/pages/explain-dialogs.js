// @ts-check
/** The dialogs of an Explain screen: one more method, class or model, another picture. Knows methods and labels. */

import { find, html } from "../html.js";
import { ImagePicker } from "../elements/image-picker.js";
import { percent } from "../elements/probability-bars.js";
import { tag } from "./explain-table.js";

/** @typedef {import("../api.js").Method} Method */

/** Opens a dialog that cleans up after itself. @param {string} title @param {Node[]} content */
export function open(title, ...content) {
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
  const own = methods.filter(({ name }) => !name.includes(":"));
  const group = (/** @type {string[]} */ [name, title]) => html`<section aria-label="${title}"><h3 class="dim">${title}</h3>
    <ul class="methods">${own.filter((method) => method.group === name).map(entry)}</ul></section>`;
  const elsewhere = [...new Set(methods.filter((method) => !own.includes(method)).map(({ name }) => name.split(":")[0]))];
  const foreign = (/** @type {string} */ source) => {
    const theirs = methods.filter(({ name }) => name.startsWith(`${source}:`));
    return html`<details><summary>${theirs.length} more, through ${source[0].toUpperCase()}${source.slice(1)}</summary><ul class="methods">${theirs.map(entry)}</ul></details>`;
  };
  const dialog = open("Add method", ...groups.map(group), ...elsewhere.map(foreign));
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

/** @param {import("../api.js").Model[]} models @param {import("../api.js").Model} first the one in use @param {(name: string) => unknown} choose */
export function chooseModel(models, first, choose) {
  const entry = (/** @type {import("../api.js").Model} */ { name, framework, input: { channels, height, width }, metrics, labels }) => html`<li>
    <button type="button" @click=${() => (dialog.close(), choose(name))}><b>${name}</b><span class="chip">${framework}</span><span class="chip">${channels} × ${height} × ${width}</span>
      ${metrics.accuracy !== undefined && html`<span class="chip">${percent(metrics.accuracy)}</span>`}</button>
    <p class="small dim">${common(labels, first)}</p></li>`;
  const dialog = open("Add model", html`<p class="small dim">It is shown the same picture and asked the same methods; classes are matched by their names.</p>`, html`<ul class="methods">${models.map(entry)}</ul>`);
}

/** @param {string[]} labels @param {import("../api.js").Model} first */
function common(labels, first) {
  const known = first.labels.filter((label) => labels.includes(label)).length;
  const [mine, its] = [first.labels.length, labels.length];
  if (known === 0) return `None of its ${its} classes is one of ${first.name}.`;
  return known === mine && mine === its ? `The same ${its} classes as ${first.name}.` : `${its} classes; it knows ${known} of the ${mine} of ${first.name}.`;
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
