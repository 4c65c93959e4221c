// @ts-check
/** A method with its settings as one short word in a link: `occlusion.patch5.stride2`. Knows schemas, no method. */

/** @typedef {{ name: string, title: string, refusal?: string | null, settings: any }} Method */
/** @typedef {{ method: string, settings: Record<string, unknown>, problem?: string }} Recipe */

/** Only what differs from the method's own choice is written. @param {string} method @param {Record<string, unknown>} settings @param {any} [schema] */
export function formatRecipe(method, settings, schema) {
  const own = (/** @type {string} */ name) => schema?.properties?.[name]?.default ?? null;
  const changed = Object.entries(settings).filter(([name, value]) => value !== undefined && JSON.stringify(value ?? null) !== JSON.stringify(own(name)));
  return [method, ...changed.map(([name, value]) => name + String(value).replaceAll("~", "~~").replaceAll(".", "~d"))].join(".");
}

/**
 * The method a word means, with what could not be understood; without a word, the first that the model can do.
 * @param {string} text @param {Method[]} methods @returns {Recipe}
 */
export function parseRecipe(text, methods) {
  const [name, ...parts] = text.split(".");
  const first = methods.find(({ refusal }) => !refusal)?.name ?? "";
  const method = methods.find((one) => one.name === name);
  if (!method) return { method: first, settings: {}, ...(name && { problem: `there is no method “${name}”` }) };
  if (method.refusal) return { method: first, settings: {}, problem: `${method.title} cannot explain this model` };
  /** @type {Record<string, unknown>} */
  const settings = {};
  const wrong = parts.filter((part) => !understand(part, method.settings?.properties ?? {}, settings));
  return { method: name, settings, ...(wrong.length && { problem: `${method.title} has no setting “${wrong.join("”, “")}”` }) };
}

/** @param {string} part @param {Record<string, any>} properties @param {Record<string, unknown>} settings */
function understand(part, properties, settings) {
  const names = Object.keys(properties).sort((a, b) => b.length - a.length); // the longest name that fits
  const name = names.find((one) => part.startsWith(one));
  const value = name === undefined ? undefined : read(part.slice(name.length).replaceAll("~d", ".").replaceAll("~~", "~"), properties[name]);
  if (name === undefined || value === undefined) return false;
  settings[name] = value;
  return true;
}

/** @param {string} text @param {any} rule a JSON schema @returns {unknown} undefined if the text does not obey it */
function read(text, rule) {
  if (rule.anyOf) return rule.anyOf.map((/** @type {any} */ one) => read(text, one)).find((/** @type {unknown} */ value) => value !== undefined);
  const { type, enum: choices, minimum = -Infinity, maximum = Infinity } = rule;
  if (choices) return choices.find((/** @type {unknown} */ choice) => String(choice) === text);
  if (type === "boolean") return { true: true, false: false }[text];
  if (type === "integer" || type === "number") {
    const number = Number(text);
    const possible = text !== "" && number >= minimum && number <= maximum && (type === "number" || Number.isInteger(number));
    return possible ? number : undefined;
  }
  if (type === "null") return text === "null" ? null : undefined;
  return text;
}
