// @ts-check
/** One setting as a control: what a JSON Schema allows decides which. Knows one rule at a time, no form. */

import { find, html } from "../html.js";

/** @typedef {{ name: string, kind?: string, shape?: number[], spatial?: boolean, default?: boolean }} Layer */
/** @typedef {{ node: HTMLElement, set: (value: any) => void }} Control */
/** @typedef {{ layers: Layer[], side: number }} Known */
/** @typedef {(value: unknown) => void} Told */

const PICTURE = "a picture…";
let serial = 0;

/** @param {string} name @param {any} rule @param {Known} known @param {Told} told @returns {Control} */
export function control(name, rule, known, told) {
  const inner = rule.anyOf?.find((/** @type {any} */ one) => one.type !== "null") ?? rule;
  const optional = Boolean(rule.anyOf?.some((/** @type {any} */ one) => one.type === "null"));
  const whole = { ...inner, default: rule.default, description: rule.description, examples: rule.examples, image: rule.image };
  const words = { label: rule.title ?? name, help: rule.description ?? "", id: `setting-${++serial}` };
  if (rule.layer) return layers(words, known.layers, told);
  if (inner.enum) return choice(words, inner.enum, told);
  if (inner.type === "boolean") return check(words, told);
  if (inner.type === "integer" || inner.type === "number") return (optional ? maybe : number)(words, whole, known, told);
  return whole.examples ? suggested(words, whole, told) : text(words, told);
}

/** @typedef {{ label: string, help: string, id: string }} Words */

/** @param {Words} words @param {HTMLElement} inputs */
function field({ label, help, id }, inputs) {
  return html`<div class="setting"><label for="${id}">${label}</label>${inputs}<small id="${id}-help">${help}</small></div>`;
}

/** A slider for the usual range beside a number for all of it. @param {Words} words @param {any} rule @param {Known} known @param {Told} told @returns {Control} */
function number(words, rule, known, told) {
  const whole = rule.type === "integer";
  const low = rule.minimum ?? rule.exclusiveMinimum ?? 0;
  const top = usualTop(rule, known.side);
  const step = whole ? "1" : String(10 ** Math.floor(Math.log10((top - low) / 100)));
  const inputs = html`<div class="inputs">
    <input type="range" min="${low}" max="${top}" step="${step}" aria-label="${words.label}" aria-describedby="${words.id}-help">
    <input type="number" id="${words.id}" min="${low}" max="${rule.maximum}" step="${whole ? 1 : "any"}" required aria-describedby="${words.id}-help"></div>`;
  const slider = find(inputs, "[type=range]", HTMLInputElement);
  const box = find(inputs, "[type=number]", HTMLInputElement);
  const show = (/** @type {number} */ value) => {
    slider.max = String(Math.max(top, value));
    slider.value = String(value);
    slider.setAttribute("aria-valuetext", String(value));
  };
  slider.addEventListener("input", () => {
    box.value = slider.value;
    slider.setAttribute("aria-valuetext", slider.value);
    told(slider.valueAsNumber);
  });
  box.addEventListener("input", () => {
    if (!box.checkValidity()) return;
    show(box.valueAsNumber);
    told(box.valueAsNumber);
  });
  box.addEventListener("blur", () => !box.checkValidity() && (box.value = slider.value));
  return { node: field(words, inputs), set: (value) => (show(value), (box.value = String(value))) };
}

/** As far as people usually go; the number beside it goes all the way. @param {any} rule @param {number} side */
function usualTop({ default: own, maximum = Infinity, minimum = 0, description = "" }, side) {
  const usual = /\bpixels\b/.test(description) ? side : Math.max(6 * (own ?? 0), minimum + 10);
  return Math.min(maximum, Math.max(usual, own ?? 0));
}

/** A number that may be left out. @param {Words} words @param {any} rule @param {Known} known @param {Told} told @returns {Control} */
function maybe(words, rule, known, told) {
  let last = rule.default ?? Math.max(rule.minimum ?? 0, Math.round(usualTop(rule, known.side) / 5));
  const inner = number(words, rule, known, (value) => told((last = /** @type {number} */ (value))));
  const box = html`<input type="checkbox" aria-label="Set ${words.label.toLowerCase()}" @change=${() => (show(), told(switched.checked ? last : null))}>`;
  const switched = /** @type {HTMLInputElement} */ (box);
  const inputs = find(inner.node, ".inputs");
  inputs.before(html`<span class="switch">${switched}</span>`);
  inner.node.classList.add("optional");
  const show = () => inputs.querySelectorAll("input").forEach((input) => (input.disabled = !switched.checked));
  return {
    node: inner.node,
    set(value) {
      switched.checked = value !== null && value !== undefined;
      if (switched.checked) last = value;
      inner.set(last);
      show();
    },
  };
}

/** @param {Words} words @param {unknown[]} choices @param {Told} told @returns {Control} */
function choice(words, choices, told) {
  const select = /** @type {HTMLSelectElement} */ (html`<select id="${words.id}" aria-describedby="${words.id}-help"
    @change=${() => told(choices[select.selectedIndex])}>${choices.map((one) => html`<option>${one}</option>`)}</select>`);
  return { node: field(words, select), set: (value) => (select.selectedIndex = choices.indexOf(value)) };
}

/** @param {Words} words @param {Told} told @returns {Control} */
function check(words, told) {
  const box = /** @type {HTMLInputElement} */ (html`<input type="checkbox" id="${words.id}" aria-describedby="${words.id}-help" @change=${() => told(box.checked)}>`);
  const node = html`<div class="setting"><label class="check">${box}${words.label}</label><small id="${words.id}-help">${words.help}</small></div>`;
  return { node, set: (value) => (box.checked = Boolean(value)) };
}

/** @param {Words} words @param {Layer[]} known @param {Told} told @returns {Control} */
function layers(words, known, told) {
  const spatial = known.filter(({ spatial = true }) => spatial);
  const own = spatial.find((layer) => layer.default);
  const option = (/** @type {Layer} */ { name, kind, shape }) => html`<option value="${name}">${[name, kind, shape?.join("×")].filter(Boolean).join(" · ")}</option>`;
  const select = /** @type {HTMLSelectElement} */ (html`<select id="${words.id}" aria-describedby="${words.id}-help" @change=${() => told(select.value || null)}>
    <option value="">default${own ? `: ${own.name}` : ""}</option>${spatial.map(option)}</select>`);
  return {
    node: field(words, select),
    set(value) {
      if (value && !spatial.some(({ name }) => name === value)) select.append(option({ name: value }));
      select.value = value ?? "";
    },
  };
}

/** Usual words to choose from, and a picture's address where one is allowed. @param {Words} words @param {any} rule @param {Told} told @returns {Control} */
function suggested(words, { examples, image }, told) {
  const options = [...examples, image ? PICTURE : "other…"].map((one) => html`<option>${one}</option>`);
  const inputs = html`<div class="stack"><select id="${words.id}" aria-describedby="${words.id}-help">${options}</select>
    <input type="text" spellcheck="false" autocomplete="off" placeholder="${image ? "mnist/test/0" : ""}" aria-label="${image ? `Address of the picture for ${words.label.toLowerCase()}` : words.label}" hidden></div>`;
  const select = find(inputs, "select", HTMLSelectElement);
  const box = find(inputs, "input", HTMLInputElement);
  const own = () => select.selectedIndex === examples.length;
  select.addEventListener("change", () => {
    box.hidden = !own();
    if (!own()) told(select.value);
    else box.focus();
  });
  box.addEventListener("change", () => box.value.trim() && told(box.value.trim()));
  return {
    node: field(words, inputs),
    set(value) {
      const known = examples.indexOf(value);
      select.selectedIndex = known < 0 ? examples.length : known;
      box.hidden = known >= 0;
      if (known < 0) box.value = value ?? "";
    },
  };
}

/** @param {Words} words @param {Told} told @returns {Control} */
function text(words, told) {
  const box = /** @type {HTMLInputElement} */ (html`<input type="text" id="${words.id}" aria-describedby="${words.id}-help" @change=${() => told(box.value)}>`);
  return { node: field(words, box), set: (value) => (box.value = value ?? "") };
}
