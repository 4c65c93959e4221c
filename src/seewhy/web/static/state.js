// @ts-check
/** What outlives a page: preferences and pins (kept in this browser), and where each page was left. Knows no page and no server. */

const KEPT = "seewhy";
const PINNED = "seewhy-pins";
const DEFAULTS = { theme: "", letters: true, live: true, why: true };

/** @typedef {typeof DEFAULTS} Preferences */
/** @typedef {{ run: string, task: import("./api.js").Task, title: string, note: string }} Pin a finding somebody keeps; the task repeats it where the run is forgotten */

export class State extends EventTarget {
  /** @type {Preferences} */
  #preferences = { ...DEFAULTS, ...read(KEPT, {}) };
  /** @type {Pin[]} */
  #pins = list(read(PINNED, []));

  /** The hash each page was left with, so that its tab leads back there. @type {Record<string, string>} */
  last = {};

  /** @template {keyof Preferences} K @param {K} key @returns {Preferences[K]} */
  get(key) {
    return this.#preferences[key];
  }

  /** Tells everyone who listens to "change". @template {keyof Preferences} K @param {K} key @param {Preferences[K]} value */
  set(key, value) {
    this.#preferences[key] = value;
    this.#keep(KEPT, this.#preferences, { key, value });
  }

  /** Chosen, or the system's. */
  get dark() {
    const { theme } = this.#preferences;
    return theme ? theme === "dark" : matchMedia("(prefers-color-scheme: dark)").matches;
  }

  /** In the order of the report. @returns {readonly Pin[]} */
  get pins() {
    return this.#pins;
  }

  set pins(pins) {
    this.#pins = [...pins];
    this.#keep(PINNED, this.#pins, { key: "pins", value: this.#pins });
  }

  constructor() {
    super();
    addEventListener("storage", ({ key }) => { // another tab has pinned something
      if (key !== PINNED) return;
      this.#pins = list(read(PINNED, []));
      this.dispatchEvent(new CustomEvent("change", { detail: { key: "pins", value: this.#pins } }));
    });
  }

  /** @param {string} name @param {unknown} value @param {unknown} detail */
  #keep(name, value, detail) {
    try {
      localStorage.setItem(name, JSON.stringify(value));
    } catch {
      // private windows may refuse; the choice then lasts as long as the page
    }
    this.dispatchEvent(new CustomEvent("change", { detail }));
  }
}

/** @param {string} name @param {any} otherwise */
function read(name, otherwise) {
  try {
    return JSON.parse(localStorage.getItem(name) ?? "") ?? otherwise;
  } catch {
    return otherwise;
  }
}

/** Only what still looks like a pin. @param {unknown} kept @returns {Pin[]} */
function list(kept) {
  const pins = Array.isArray(kept) ? kept : [];
  const whole = (/** @type {any} */ task) => task?.model && ((task.kind ?? "explain") !== "explain" || (task.image && task.method));
  return pins.filter((pin) => typeof pin?.run === "string" && whole(pin.task)).map(({ run, task, title = "", note = "" }) => ({ run, task, title, note }));
}
