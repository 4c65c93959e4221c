// @ts-check
/** Findings that somebody keeps for a report: kept, dropped, put in order. Knows runs and the store, no element. */

/** @typedef {import("./state.js").State} State */
/** @typedef {import("./state.js").Pin} Pin */

export const MOST = 50; // what one report takes

/** @param {State} state @param {string} run */
export const isPinned = ({ pins }, run) => run !== "" && pins.some((pin) => pin.run === run);

/** Keeps what is not kept yet; gives a sentence that says what was kept. @param {State} state @param {Omit<Pin, "note">[]} wanted */
export function pin(state, wanted) {
  const fresh = wanted.filter(({ run }, at) => !isPinned(state, run) && wanted.findIndex((other) => other.run === run) === at);
  const room = fresh.slice(0, Math.max(0, MOST - state.pins.length));
  state.pins = [...state.pins, ...room.map((one) => ({ ...one, note: "" }))];
  if (room.length < fresh.length) return `A report takes ${MOST} findings, and there are so many now.`;
  return fresh.length === 0 ? "Pinned already." : fresh.length === 1 ? `Pinned: ${fresh[0].title}.` : `${fresh.length} findings pinned.`;
}

/** @param {State} state @param {string} run */
export function unpin(state, run) {
  state.pins = state.pins.filter((pin) => pin.run !== run);
}

/** Puts one in another place. @param {State} state @param {string} run @param {number} place */
export function move(state, run, place) {
  const pin = state.pins.find((one) => one.run === run);
  const others = state.pins.filter((one) => one.run !== run);
  if (pin) state.pins = others.toSpliced(Math.max(0, Math.min(others.length, place)), 0, pin);
}

/** Changes one where it stands. @param {State} state @param {string} run @param {Partial<Pin>} change */
export function change(state, run, change) {
  state.pins = state.pins.map((one) => (one.run === run ? { ...one, ...change } : one));
}
