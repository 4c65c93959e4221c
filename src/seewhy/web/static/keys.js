// @ts-check
/** Keyboard shortcuts: single keys and two-key sequences from tables, never while somebody types. Knows no page. */

/** @typedef {[label: string, down: () => unknown, up?: () => unknown]} Shortcut */
/** @typedef {Record<string, Shortcut>} Table keys as in KeyboardEvent.key; "g d" is a sequence, "Z" is shift and z */

const TYPING = "input:not([type=checkbox], [type=radio], [type=range]), select, textarea, [contenteditable], [role=menu], dialog";
const PRESSING = "button, a, summary, input, select, textarea";
const PUSHED = "button, a, summary, select, textarea, input:not([type=range])"; // by the space bar

/** @param {() => Table[]} tables first match wins @param {() => boolean} letters may single letters fire? */
export function listen(tables, letters) {
  let first = "";
  let since = 0;
  /** @type {Map<string, () => unknown>} */
  const held = new Map();

  addEventListener("keydown", (event) => {
    if (event.defaultPrevented || event.ctrlKey || event.metaKey || event.altKey || event.isComposing) return;
    const target = event.target instanceof Element ? event.target : document.body;
    if (target.closest(TYPING) || document.querySelector("dialog[open]")) return;
    if (event.key.length === 1 && !letters()) return;
    if (event.key === "Enter" && target.closest(PRESSING)) return;
    if (event.key === " " && target.closest(PUSHED)) return;
    const pair = event.timeStamp - since < 1200 ? `${first} ${event.key}` : event.key;
    first = event.key;
    since = event.timeStamp;
    const shortcut = match(tables(), pair) ?? match(tables(), event.key);
    if (!shortcut) return;
    event.preventDefault();
    const [, down, up] = shortcut;
    if (up && event.repeat) return;
    if (up) held.set(event.code, up);
    down();
  });

  addEventListener("keyup", (event) => {
    held.get(event.code)?.();
    held.delete(event.code);
  });
}

/** @param {Table[]} tables @param {string} keys */
function match(tables, keys) {
  return tables.find((table) => Object.hasOwn(table, keys))?.[keys];
}
