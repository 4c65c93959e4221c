// @ts-check
/** Templates to DOM: text stays text, so nothing a user or a server says can become markup. Knows no page. */

const HOLE = "\u2063hole";
const HOLES = /\u2063hole(\d+)\u2063/;

/**
 * Builds one element: html`<button class="${name}" @click=${go} .value=${v} ?disabled=${off}>${text or nodes}</button>`.
 * @param {TemplateStringsArray} strings @param {...unknown} values @returns {HTMLElement}
 */
export function html(strings, ...values) {
  const built = fragment(strings, ...values);
  const root = built.firstElementChild;
  if (!(root instanceof HTMLElement) || built.children.length !== 1) throw new TypeError("html`…` wants exactly one root element");
  return root;
}

/** The same with any number of roots. @param {TemplateStringsArray} strings @param {...unknown} values */
export function fragment(strings, ...values) {
  const template = document.createElement("template");
  template.innerHTML = strings.reduce((text, part, i) => text + hole(text, i - 1) + part).trim();
  const built = document.importNode(template.content, true);
  const walker = document.createTreeWalker(built, NodeFilter.SHOW_ELEMENT | NodeFilter.SHOW_COMMENT);
  /** @type {Node[]} */
  const nodes = [];
  while (walker.nextNode()) nodes.push(walker.currentNode);
  for (const node of nodes) {
    if (node instanceof Element) fillAttributes(node, values);
    else if (node instanceof Comment) fillComment(node, values);
  }
  return built;
}

/**
 * The one child that matches, of the class that is expected; an error if it is not there.
 * @overload @param {ParentNode} root @param {string} selector @returns {HTMLElement}
 */
/**
 * @template {Element} E
 * @overload @param {ParentNode} root @param {string} selector @param {new (...a: any[]) => E} type @returns {E}
 */
/** @param {ParentNode} root @param {string} selector @param {new (...a: any[]) => Element} type */
export function find(root, selector, type = HTMLElement) {
  const found = root.querySelector(selector);
  if (!(found instanceof type)) throw new TypeError(`no ${type.name} at ${selector}`);
  return found;
}

/** Listens to an element's own events. @param {EventTarget} element @param {string} type @param {(detail: any) => unknown} act */
export function on(element, type, act) {
  element.addEventListener(type, (event) => act(/** @type {CustomEvent} */ (event).detail));
}

/** A formula from the API as nodes; whatever is not MathML is left out. @param {string} markup */
export function mathml(markup) {
  const parsed = new DOMParser().parseFromString(markup, "text/html");
  const math = parsed.querySelector("math");
  if (!math) return document.createTextNode(parsed.body.textContent ?? "");
  for (const node of [math, ...math.querySelectorAll("*")]) {
    if (!(node instanceof MathMLElement)) node.remove();
    else for (const { name } of [...node.attributes]) if (/^(on|style|href)/i.test(name)) node.removeAttribute(name);
  }
  return document.importNode(math, true);
}

/** A style sheet of ours, added once; resolves when it counts. @param {string} name @returns {Promise<unknown>} */
export function stylesheet(name) {
  const here = document.querySelector(`link[rel=stylesheet][href="${name}"]`);
  if (here) return Promise.resolve();
  const link = Object.assign(document.createElement("link"), { rel: "stylesheet", href: name });
  return new Promise((resolve) => {
    link.addEventListener("load", resolve);
    link.addEventListener("error", resolve); // an unstyled screen is better than none
    document.head.append(link);
  });
}

/** Inside a tag a hole is text, elsewhere a comment, which also stands where a table allows no text. @param {string} before @param {number} i */
function hole(before, i) {
  const token = `${HOLE}${i}\u2063`;
  return before.lastIndexOf("<") > before.lastIndexOf(">") ? token : `<!--${token}-->`;
}

/** @param {Element} node @param {unknown[]} values */
function fillAttributes(node, values) {
  for (const { name, value } of [...node.attributes]) {
    const hole = HOLES.exec(value);
    if (!hole) continue;
    const given = values[Number(hole[1])];
    if (/^[@.?]/.test(name)) node.removeAttribute(name);
    if (name[0] === "@") node.addEventListener(name.slice(1), /** @type {EventListener} */ (given));
    else if (name[0] === ".") Reflect.set(node, camel(name.slice(1)), given);
    else if (name[0] === "?") node.toggleAttribute(name.slice(1), Boolean(given));
    else node.setAttribute(name, value.replace(new RegExp(HOLES, "g"), (_, i) => String(values[Number(i)] ?? "")));
  }
}

/** @param {Comment} node @param {unknown[]} values */
function fillComment(node, values) {
  const hole = HOLES.exec(node.data);
  if (hole) node.replaceWith(...nodesOf(values[Number(hole[1])]));
}

/** @param {unknown} value @returns {(Node | string)[]} */
function nodesOf(value) {
  if (value === null || value === undefined || value === false) return [];
  if (Array.isArray(value)) return value.flatMap(nodesOf);
  return [value instanceof Node ? value : String(value)];
}

/** HTML lowers attribute names, so `.read-only=` stands for readOnly. @param {string} name */
function camel(name) {
  return name.replace(/-(.)/g, (_, letter) => letter.toUpperCase());
}
