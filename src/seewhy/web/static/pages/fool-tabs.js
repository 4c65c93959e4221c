// @ts-check
/** The tabs of the Fool screen. One entry, one file: adding a way to fool a model is adding a line here. */

/**
 * @typedef {object} Seen what the model makes of the picture as it is
 * @property {import("../api.js").Guess} top
 * @property {number[]} order classes, likeliest first
 * @property {number[]} shares
 * @property {number | null} truth the picture's own label; null where nobody said
 */
/**
 * @typedef {object} FoolState what a tab is asked to show
 * @property {import("../api.js").Model} model
 * @property {string} image address, empty for none
 * @property {Seen | null} seen null without a picture
 * @property {number} label the class that counts as true
 * @property {number | null} goal the class to reach; null for any wrong one
 * @property {number | null} asked the class that somebody chose as the true one
 * @property {Record<string, any>} own what the link says by the tab's own keys
 */
/**
 * @typedef {object} Screen what a tab may use
 * @property {import("../app.js").App} app
 * @property {typeof import("../api.js")} api
 * @property {import("../api.js").Model} model the one in use
 * @property {string} image the picture's address, empty for none
 * @property {string[]} classes
 * @property {FoolState | null} state what is shown
 * @property {(text: string, mood?: "ok" | "busy" | "bad") => void} say one sentence: for the status bar, and for people who listen
 * @property {(changes: Record<string, unknown>, quietly?: boolean) => unknown} go changes of the link: a new entry in the history which is then shown; quietly, only noted
 */
/**
 * @typedef {object} Tab
 * @property {HTMLElement} element
 * @property {(state: FoolState) => unknown} show
 * @property {() => void} stop cancels what is under way
 * @property {import("../keys.js").Table} [shortcuts]
 * @property {() => import("../elements/share-menu.js").MenuItem[]} [shareItems]
 */
/** @typedef {{ default: (screen: Screen) => Tab, rules?: Record<string, import("../route.js").Rule>, needsPicture?: boolean }} TabModule rules: of the tab's own keys in the link */

/** @type {{ name: string, title: string, about: string, load: () => Promise<TabModule> }[]} */
export const TABS = [
  { name: "nudge", title: "Nudge", about: "Move every pixel a little, all of them in the direction that hurts.", load: () => import("./fool-nudge.js") },
  { name: "erase", title: "Erase", about: "Take away what the model does not need: how little is enough?", load: () => import("./fool-erase.js") },
  { name: "nonsense", title: "Nonsense", about: "Make a picture that means nothing, and that the model is sure about.", load: () => import("./fool-nonsense.js") },
  { name: "smallest", title: "Smallest change", about: "Change as few pixels as possible until the answer is another one.", load: () => import("./fool-smallest.js") },
];
