// @ts-check
/** The ways to a picture's menu other than its button: right click, long press, Shift+F10, the menu key. Knows a host and its menu. */

/** @typedef {import("./share-menu.js").ShareMenu} ShareMenu */

const LONG = 500; // ms that a finger rests
const FAR = 10; // px that it may move meanwhile

/** The menu gives the focus back to where it was, and opens towards the middle of the window. @param {HTMLElement} host @param {ShareMenu} menu */
export function menuWays(host, menu) {
  /** @type {HTMLElement | null} what had the focus */
  let held = null;
  const open = (/** @type {Event} */ event) => {
    event.preventDefault();
    const focus = document.activeElement;
    held = focus instanceof HTMLElement && host.contains(focus) && !menu.contains(focus) ? focus : null;
    return menu.open();
  };
  const place = () => {
    const { left, right } = host.getBoundingClientRect();
    host.dataset.side = left + right < innerWidth ? "left" : "right";
  };
  host.addEventListener("contextmenu", open);
  host.addEventListener("keydown", (event) => ((event.key === "F10" && event.shiftKey) || event.key === "ContextMenu") && open(event));
  host.addEventListener("keydown", ({ key }) => key === "Escape" && held && setTimeout(() => held?.focus()), true);
  menu.addEventListener("focusin", place, true);
  menu.addEventListener("click", () => (held = null));
  longPress(host, (event) => !menu.contains(/** @type {Node} */ (event.target)) && open(event));
}

/** A finger that stays; some systems say "contextmenu" then, some say nothing. @param {HTMLElement} host @param {(event: PointerEvent) => unknown} act */
function longPress(host, act) {
  let timer = 0;
  const stop = () => clearTimeout(timer);
  host.addEventListener("pointerdown", (down) => {
    if (down.pointerType === "mouse") return;
    timer = setTimeout(() => act(down), LONG);
    const moved = (/** @type {PointerEvent} */ { clientX, clientY }) => Math.hypot(clientX - down.clientX, clientY - down.clientY) > FAR && stop();
    host.addEventListener("pointermove", moved);
    for (const end of ["pointerup", "pointercancel", "contextmenu"]) host.addEventListener(end, () => (stop(), host.removeEventListener("pointermove", moved)), { once: true });
  });
}
