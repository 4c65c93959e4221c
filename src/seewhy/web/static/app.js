// @ts-check
/** The shell: which page is shown, what the hash says, and the few things all pages share. Knows no page's content. */

import * as api from "./api.js";
import { find, html, stylesheet } from "./html.js";
import { listen } from "./keys.js";
import { format, parse } from "./route.js";
import { State } from "./state.js";
import { ShareMenu } from "./elements/share-menu.js";
import { StatusBar } from "./elements/status-bar.js";
import { percent } from "./elements/probability-bars.js";
import { watchLine, watchPins, watchRuns } from "./watch.js";

/** @typedef {import("./elements/share-menu.js").MenuItem} MenuItem */
/** @typedef {HTMLElement & { app: App, show: (params: URLSearchParams, path: string) => unknown, leave?: () => void, image?: string | null | Promise<string | null | undefined>,
 *   shortcuts?: import("./keys.js").Table, shareItems?: () => MenuItem[] | Promise<MenuItem[]> }} Page */

/** @type {Record<string, () => Promise<{ default: (new () => Page) & { title: string, styles?: string[] } }>>} */
const PAGES = {
  draw: () => import("./pages/draw.js"),
  explain: () => import("./pages/explain.js"),
  fool: () => import("./pages/fool.js"),
  because: () => import("./pages/because.js"),
  browse: () => import("./pages/browse.js"),
  models: () => import("./pages/models.js"),
  learn: () => import("./pages/learn.js"),
  report: () => import("./pages/report.js"),
};

export class App {
  api = api;
  state = new State();
  /** @type {api.Model[]} */
  models = [];
  /** The model in use; unknown until the server has said what there is. @type {api.Model | null} */
  model = null;
  /** @type {Page | null} */
  page = null;
  #name = "";
  #path = "";
  /** The picture that was last taken to another screen. */
  #taken = "";
  #bar = find(document, "status-bar", StatusBar);
  #select = find(document, "#model", HTMLSelectElement);
  /** @type {{ timer: number, hash: string } | null} */
  #pending = null;

  async start() {
    api.models().catch(() => {}); // asked while the page is still being fetched
    this.#theme();
    this.state.addEventListener("change", () => this.#theme());
    addEventListener("popstate", () => {
      clearTimeout(this.#pending?.timer); // what was to be corrected belongs to an address that was left
      this.#pending = null;
      this.#route();
    });
    document.addEventListener("click", (event) => this.#click(event));
    this.#select.addEventListener("change", () => this.#choose(this.#select.value));
    this.#bar.addEventListener("help", this.help);
    find(document, "header > share-menu", ShareMenu).items = async () => [{ label: "Copy link", action: () => this.copy(location.href, "Link") }, ...((await this.page?.shareItems?.()) ?? [])];
    find(document, ".rest", ShareMenu).items = () => Array.from(/** @type {NodeListOf<HTMLElement>} */ (document.querySelectorAll("nav .rare")), (link) => ({ label: link.innerText || String(link.textContent), action: () => link.click() }));
    listen(() => [this.page?.shortcuts ?? {}, this.shortcuts], () => this.state.get("letters"));
    watchLine(this, () => this.#route());
    watchRuns(this.#bar);
    watchPins(this.state);
    await this.#route();
  }

  /** @type {import("./keys.js").Table} */
  shortcuts = {
    "?": ["This help", () => this.help()],
    ...Object.fromEntries(Object.keys(PAGES).map((name) => [`g ${name[0]}`, [`Go to ${name[0].toUpperCase()}${name.slice(1)}`, () => this.#go(name)]])),
    s: ["Share", () => find(document, "header > share-menu", ShareMenu).open()],
    t: ["Light or dark", () => this.state.set("theme", this.state.dark ? "light" : "dark")],
  };

  /** Goes somewhere: a new entry in the history, then the page shows it. @param {string} hash */
  navigate(hash) {
    this.#write();
    history.pushState(null, "", hash);
    return this.#route();
  }

  /** Writes a result's address as a new entry; the page shows it already. @param {URLSearchParams | Record<string, unknown>} params @param {string} [path] */
  push(params, path) {
    this.#write();
    const hash = this.#format(params, path);
    if (hash !== location.hash) history.pushState(null, "", hash);
    this.#links();
  }

  /** Corrects the address in place, at most four times a second. @param {URLSearchParams | Record<string, unknown>} params @param {string} [path] */
  replace(params, path) {
    const hash = this.#format(params, path);
    if (this.#pending) this.#pending.hash = hash;
    else this.#pending = { hash, timer: setTimeout(() => this.#write(), 250) };
  }

  /** @param {string} text */
  toast = (text) => this.#bar.toast(text);

  /** Names the parts of a link that could not be used. @param {string[]} corrections */
  corrected(corrections) {
    if (corrections.length) this.toast(`Link corrected: ${corrections.join("; ")}.`);
  }

  /** @param {string} text @param {"ok" | "busy" | "bad"} [mood] */
  status(text, mood) {
    this.#bar.say(text, mood);
  }

  /** How fast it is: shown, not read out. @param {string} text */
  speed(text) { this.#bar.speed = text; }

  /** One sentence for people who listen. @param {string} text */
  announce = (text) => this.#bar.announce(text);

  /** @param {string} text @param {string} what */
  async copy(text, what) {
    const done = await navigator.clipboard?.writeText(text).then(() => true, () => false);
    if (done) this.toast(`${what} copied.`);
    else (await import("./help.js")).showText(what, text);
  }

  /** Keys and preferences. */
  help = async () => (await import("./help.js")).showHelp(this);

  async #route() {
    const { page, path, params } = parse(location.hash);
    const name = Object.hasOwn(PAGES, page) ? page : "draw";
    if (name !== page) this.corrected([`there is no screen “${page}”`]);
    const moved = this.#name !== "" && this.#name !== name;
    if (this.#name !== name && !(await this.#open(name))) return;
    if (!(await this.#load(params.get("model")))) return;
    params.delete("model");
    this.#path = path;
    await this.page?.show(params, path);
    this.#links();
    if (moved) find(document, "h1").focus();
  }

  /** @param {string} name */
  async #open(name) {
    this.#name = name;
    const Page = await this.#fetch(name);
    if (!Page || this.#name !== name) return false;
    this.page?.leave?.();
    this.page = new Page();
    this.page.app = this;
    document.title = `${Page.title} · seewhy`;
    find(document, "#main").replaceChildren(this.page);
    scrollTo(0, 0);
    return true;
  }

  /** @param {string} name */
  async #fetch(name) {
    try {
      const { default: Page } = await PAGES[name]();
      await Promise.all((Page.styles ?? []).map(stylesheet));
      return Page;
    } catch (problem) {
      this.#name = ""; // so that it is tried again
      this.status(`This screen could not be loaded: ${/** @type {Error} */ (problem).message}`, "bad");
      api.health().catch(() => {}); // if the server is gone, the banner says so
    }
  }

  /** Which models there are, and which one the link means. @param {string | null} wanted */
  async #load(wanted) {
    try {
      this.models = await api.models();
    } catch (problem) {
      this.status(/** @type {Error} */ (problem).message, "bad");
      return false;
    }
    const known = this.models.find(({ name }) => name === wanted);
    if (wanted && !known) this.corrected([`there is no model “${wanted}”`]);
    this.model = known ?? this.model ?? this.models[0];
    if (this.#select.length !== this.models.length) this.#select.replaceChildren(...this.models.map(option));
    this.#select.value = this.model.name;
    this.status("Ready");
    return true;
  }

  /** @param {string} model */
  #choose(model) {
    const { page, path, params } = parse(location.hash);
    params.set("model", model);
    params.delete("t"); // another model may have other classes
    this.navigate(format(page, params, path));
  }

  /** @param {URLSearchParams | Record<string, unknown>} params @param {string} [path] */
  #format(params, path = this.#path) {
    this.#path = path;
    const { model: _, ...rest } = params instanceof URLSearchParams ? Object.fromEntries(params) : params;
    return format(this.#name, { model: this.model?.name, ...rest }, path);
  }

  #write() {
    if (!this.#pending) return;
    clearTimeout(this.#pending.timer);
    history.replaceState(null, "", this.#pending.hash);
    this.#pending = null;
    this.#links();
  }

  /** Each tab leads back to where it was left. */
  #links() {
    this.state.last[this.#name] = location.hash;
    for (const link of /** @type {NodeListOf<HTMLAnchorElement>} */ (document.querySelectorAll("header a[data-page]"))) {
      const page = link.dataset.page ?? "";
      link.href = this.state.last[page] || `#/${page}`;
      if (page === this.#name) link.setAttribute("aria-current", "page");
      else link.removeAttribute("aria-current");
    }
  }

  /** To another screen, as it was left, with the picture of this one if it is new. @param {string} name */
  async #go(name) {
    const { path, params } = parse(this.state.last[name] ?? "");
    const image = name !== this.#name && name !== "draw" ? await this.page?.image : null;
    if (image && image !== this.#taken) params.set("img", (this.#taken = image));
    if (this.model) params.set("model", this.model.name);
    this.navigate(format(name, params, path));
  }

  /** @param {MouseEvent} event */
  #click(event) {
    const link = event.target instanceof Element ? event.target.closest("a") : null;
    const hash = link?.getAttribute("href") ?? "";
    if (!hash.startsWith("#") || event.ctrlKey || event.metaKey || event.shiftKey) return;
    event.preventDefault();
    if (link?.dataset.page) this.#go(link.dataset.page);
    else if (hash.startsWith("#/")) this.navigate(hash);
    else find(document, "#main").focus();
  }

  #theme() {
    document.documentElement.dataset.theme = this.state.get("theme");
  }
}

/** @param {api.Model} model */
function option({ name, metrics }) {
  const accuracy = metrics?.accuracy === undefined ? "" : ` · ${percent(metrics.accuracy)}`;
  return html`<option value="${name}">${name}${accuracy}</option>`;
}

new App().start();
