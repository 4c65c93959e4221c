// @ts-check
/** What can be taken away from an explanation: picture, numbers, report, and the same question as code. Knows tasks, no page. */

import * as api from "./api.js";
import { pin } from "./pins.js";

/** @typedef {{ toast(text: string): void, copy(text: string, what: string): unknown, status(text: string, mood?: "ok" | "busy" | "bad"): void,
 *   state: import("./state.js").State }} Shell */

/**
 * Menu items for one task, which is asked for when an item is chosen; null if there is nothing to share yet.
 * @param {Shell} shell @param {() => api.Task | null | Promise<api.Task | null>} task @param {() => { view?: string, opacity?: number }} [look]
 * @returns {import("./elements/share-menu.js").MenuItem[]}
 */
export function shareItems(shell, task, look = () => ({})) {
  /** @param {(task: api.Task) => unknown} use */
  const withTask = (use) => async () => {
    const asked = await task();
    if (!asked) return shell.toast("There is no explanation yet.");
    try {
      await use(asked);
    } catch (problem) {
      shell.status(/** @type {Error} */ (problem).message, "bad");
      shell.toast(/** @type {Error} */ (problem).message);
    }
  };
  /** @param {(run: api.Run) => unknown} use */
  const withRun = (use) => withTask(async (asked) => use(await api.perform(asked)));
  return [
    { label: "Pin", hint: "for the report", action: withRun(({ id, result, task }) => shell.toast(pin(shell.state, [{ run: id, task, title: result?.caption ?? task.method }]))) },
    { label: "Save PNG", hint: "map, legend, caption", action: withRun(({ id, task: { method } }) => save(api.pictureURL(id, look()), `${method}.png`)) },
    { label: "Save JSON", hint: "task and facts", action: withRun(({ id, task: { method } }) => save(api.resultURL(id, "json"), `${method}.json`)) },
    { label: "Save npz", hint: "all arrays", action: withRun(({ id, task: { method } }) => save(api.resultURL(id, "npz"), `${method}.npz`)) },
    { label: "Save HTML report", hint: "one file, opens anywhere", action: withRun(async ({ id, result }) => {
      const { id: report } = await api.reports(result?.caption ?? "seewhy", [{ run: id, note: "" }]);
      save(api.reportURL(report), "seewhy.html");
    }) },
    { label: "Copy as Python", action: withRun(({ result }) => shell.copy(result?.python ?? "", "Python")) },
    { label: "Copy as command", action: withTask((asked) => shell.copy(command(asked), "Command")) },
    { label: "Copy as curl", action: withTask((asked) => shell.copy(curl(asked), "curl")) },
  ];
}

/** @param {string} url @param {string} name */
function save(url, name) {
  const link = Object.assign(document.createElement("a"), { href: url, download: name });
  link.click();
}

/** @param {api.Task} task */
export function command({ model, image, method, settings = {}, target = "argmax" }) {
  const extra = Object.entries(settings).filter(([, value]) => value !== null).map(([name, value]) => ` --set ${quote(`${name}=${value}`)}`).join("");
  const { class: wanted, versus = null, output = "logit" } = typeof target === "object" && target ? /** @type {any} */ (target) : { class: target };
  const rather = (versus === null ? "" : ` --versus ${quote(String(versus))}`) + (output === "logit" ? "" : ` --output ${output}`);
  return `seewhy explain ${quote(image)} --model ${quote(model)} --method ${method} --target ${quote(String(wanted))}${rather}${extra} --out why.png\n`;
}

/** @param {api.Task} task */
export function curl(task) {
  const body = JSON.stringify({ kind: "explain", target: "argmax", ...task });
  return `curl -X POST ${api.runsURL()} -H 'Content-Type: application/json' -H 'Prefer: wait=10' -d ${quote(body)}\n`;
}

/** @param {string} text */
function quote(text) {
  return /^[\w@%+=:,./-]+$/.test(text) ? text : `'${text.replaceAll("'", `'\\''`)}'`;
}
