// @ts-check
/** What was found in this session as a tree: each rule below the condition it explains. Knows paths and rules. */

import { html } from "../html.js";
import { format } from "../route.js";
import { explored } from "./because-path.js";
import { writeQuestion } from "./because-state.js";
import { name, percent } from "../rule-words.js";

/** @typedef {import("./because-path.js").Visit} Visit */

/** @param {import("../app.js").App} app @param {string} current the hash on the screen */
export function showTree(app, current) {
  const visits = [...explored.values()];
  const roots = visits.filter(({ question }) => question.path.length === 1);
  const go = (/** @type {string} */ hash) => (dialog.close(), app.navigate(hash));
  /** @type {(visit: Visit) => HTMLElement} */
  const branch = (visit) => {
    const { question, found } = visit;
    const hash = format("because", { model: app.model?.name, ...writeQuestion(question) });
    const { rule } = found;
    const depth = question.path.length;
    const below = visits.filter((one) => one.question.path.length === depth + 1 && one.question.image === question.image && one.question.data === question.data
      && JSON.stringify(one.question.settings) === JSON.stringify(question.settings) && JSON.stringify(one.question.path.slice(0, depth)) === JSON.stringify(question.path));
    const step = question.path[depth - 1];
    const title = step.condition === null ? `${name(question.image)} is “${rule.key.predicted_name}”` : `condition ${step.condition + 1}: ${rule.conclusion.text}`;
    return html`<li><button type="button" class="quiet" aria-current="${hash === current ? "page" : "false"}" @click=${() => go(hash)}><b>${title}</b> because at ${rule.layer}:
      ${rule.premise.text}<small> ${percent(rule.test.precision)} precise, N ${rule.test.n}</small></button>${below.length ? html`<ul>${below.map(branch)}</ul>` : null}</li>`;
  };
  const dialog = /** @type {HTMLDialogElement} */ (html`<dialog class="tree-dialog" aria-labelledby="tree-title"><div class="row spread"><h2 id="tree-title">Rules found so far</h2>
    <button type="button" class="quiet" aria-label="Close" @click=${() => dialog.close()}>×</button></div><ul class="rules">${roots.map(branch)}</ul></dialog>`);
  dialog.addEventListener("close", () => dialog.remove());
  dialog.addEventListener("click", (event) => event.target === dialog && dialog.close());
  document.body.append(dialog);
  dialog.showModal();
}
