// @ts-check
/** Keeps an eye on the server: is it there, and which runs are under way. Knows the banner and the status bar. */

import * as api from "./api.js";
import { find } from "./html.js";

const WAITS = [1, 2, 4, 8];
const QUIET = 400; // ms before a run is worth a line

/** Shows the banner while nobody answers and asks again after 1, 2, 4, 8, 8, … seconds.
 *  @param {{ toast(text: string): void, status(text: string, mood?: any): void }} app @param {() => unknown} again */
export function watchLine(app, again) {
  const banner = find(document, "#banner");
  const words = find(banner, "span", HTMLSpanElement);
  let tries = 0;
  let timer = 0;

  const ask = () => {
    clearInterval(timer);
    words.textContent = "The server does not answer. Trying again …";
    api.health().catch(() => wait());
  };
  const wait = () => {
    let left = WAITS[Math.min(tries++, WAITS.length - 1)];
    const say = () => (words.textContent = `The server does not answer. Your drawing and the controls for looking stay; trying again in ${left} s.`);
    say();
    clearInterval(timer);
    timer = setInterval(() => (--left > 0 ? say() : ask()), 1000);
  };

  find(banner, "button", HTMLButtonElement).addEventListener("click", ask);
  api.line.addEventListener("lost", () => {
    if (!banner.hidden) return;
    tries = 0;
    banner.hidden = false;
    app.status("Server gone", "bad");
    wait();
  });
  api.line.addEventListener("found", () => {
    if (banner.hidden) return;
    clearInterval(timer);
    banner.hidden = true;
    app.toast("The server is back.");
    app.status("Ready");
    again();
  });
}

/** Lists the runs this page has started while they last. @param {import("./elements/status-bar.js").StatusBar} bar */
export function watchRuns(bar) {
  /** @type {Map<string, import("./elements/status-bar.js").RunningTask & { since: number }>} */
  const tasks = new Map();
  const show = () => (bar.tasks = [...tasks.values()].filter(({ since }) => performance.now() - since >= QUIET));
  const stop = (/** @type {string} */ id) => void (tasks.delete(id) && show());

  api.line.addEventListener("run", (event) => {
    const { id, task, title } = /** @type {CustomEvent<api.Run>} */ (event).detail;
    if (!tasks.size) api.events(hear);
    tasks.set(id, { id, name: title ?? task?.method ?? "run", done: 0, total: null, eta: null, since: performance.now() });
    setTimeout(show, QUIET);
  });
  api.line.addEventListener("over", (event) => stop(/** @type {CustomEvent<string>} */ (event).detail));
  bar.addEventListener("cancel-task", (event) => {
    const { id } = /** @type {CustomEvent<{ id: string }>} */ (event).detail;
    api.cancel(id).then(() => stop(id), () => stop(id));
  });

  /** @param {api.RunEvent} event */
  function hear({ type, run, done, total, eta_s: eta }) {
    const task = tasks.get(run);
    if (type === "done" || type === "error") stop(run);
    else if (task && type === "progress") {
      Object.assign(task, { done, total, eta });
      show();
    }
  }
}

/** Says in the header how many pins there are. @param {import("./state.js").State} state */
export function watchPins(state) {
  const link = find(document, "header .pins");
  const show = () => {
    const { length } = state.pins;
    find(link, "b").textContent = String(length);
    link.setAttribute("aria-label", `Report, ${length} ${length === 1 ? "pin" : "pins"}`);
    link.classList.toggle("none", length === 0);
  };
  state.addEventListener("change", show);
  show();
}
