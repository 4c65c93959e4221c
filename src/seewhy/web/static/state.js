// @ts-check
/** What outlives a page: preferences (kept in this browser) and where each page was left. Knows no page and no server. */

const KEPT = "seewhy";
const DEFAULTS = { theme: "", letters: true, live: true, why: true };

/** @typedef {typeof DEFAULTS} Preferences */

export class State extends EventTarget {
  /** @type {Preferences} */
  #preferences = { ...DEFAULTS, ...stored() };

  /** The hash each page was left with, so that its tab leads back there. @type {Record<string, string>} */
  last = {};

  /** @template {keyof Preferences} K @param {K} key @returns {Preferences[K]} */
  get(key) {
    return this.#preferences[key];
  }

  /** Tells everyone who listens to "change". @template {keyof Preferences} K @param {K} key @param {Preferences[K]} value */
  set(key, value) {
    this.#preferences[key] = value;
    try {
      localStorage.setItem(KEPT, JSON.stringify(this.#preferences));
    } catch {
      // private windows may refuse; the choice then lasts as long as the page
    }
    this.dispatchEvent(new CustomEvent("change", { detail: { key, value } }));
  }
}

function stored() {
  try {
    return JSON.parse(localStorage.getItem(KEPT) ?? "{}");
  } catch {
    return {};
  }
}
