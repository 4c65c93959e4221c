// @ts-check
/** The shortcuts of an Explain screen. Knows keys, the few things they may do, and sizes. */

/** @typedef {import("./explain-state.js").View} View */
/** @typedef {{ step(by: number): unknown, look(change: Partial<View>): unknown, bare(on: boolean): unknown, addMethod(): unknown, pin(): unknown, stop(): unknown,
 *   explain(index: number): unknown, view(): View["view"], labels(): string[] }} Actions */

const VIEWS = /** @type {const} */ (["map", "overlay", "mask"]);

/** @param {Actions} actions @returns {import("../keys.js").Table} */
export function shortcuts(actions) {
  return {
    "[": ["Previous picture", () => actions.step(-1)],
    "]": ["Next picture", () => actions.step(1)],
    v: ["Next view", () => actions.look({ view: VIEWS[(VIEWS.indexOf(actions.view()) + 1) % VIEWS.length] })],
    o: ["Held: the picture alone", () => actions.bare(true), () => actions.bare(false)],
    p: ["Pin the map", () => actions.pin()],
    a: ["Add a method", () => actions.addMethod()],
    Escape: ["Stop", () => actions.stop()],
    ...Object.fromEntries([..."1234567890"].map((key) => [key, ["Explain a class", () => explain(key, actions)]])),
  };
}

/** The class of that name, or at that place. @param {string} key @param {Actions} actions */
function explain(key, { labels, explain }) {
  const named = labels().indexOf(key);
  const index = named >= 0 ? named : (Number(key) + 9) % 10;
  if (index < labels().length) explain(index);
}

/** Where a key moves the cross-hair on a map: one step from where it is or from the middle; null takes it away, undefined is another key.
 * @param {string} key @param {{ width: number, height: number }} map @param {{ x: number, y: number } | null} from */
export function moved(key, { width, height }, from) {
  if (key === "Escape") return from ? null : undefined;
  const step = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] }[key];
  if (!step) return undefined;
  const { x, y } = from ?? { x: Math.floor(width / 2), y: Math.floor(height / 2) };
  return { x: Math.max(0, Math.min(width - 1, x + step[0])), y: Math.max(0, Math.min(height - 1, y + step[1])) };
}
