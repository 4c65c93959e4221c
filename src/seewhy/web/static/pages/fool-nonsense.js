// @ts-check
/** Fool › Nonsense: a picture that means nothing and that the model is sure about; its film, the guard's verdict, and a sheet of all classes. */

import { find, html, on, stylesheet } from "../html.js";
import { below, flag, oneOf, within } from "../route.js";
import { ClimbFilm } from "../elements/climb-film.js";
import { MakingBar } from "../elements/making-bar.js";
import { NonsenseVerdict } from "../elements/nonsense-verdict.js";
import { FORMS, dataFor, distanceWords, guardWords, make, taskOf } from "./fool-nonsense-run.js";
import { Sheet } from "./fool-nonsense-sheet.js";
import { addressOf, drawable, openDraw, openExplain, otherModels, runItems } from "./fool-take.js";

/** @typedef {import("./fool-tabs.js").Screen} Screen */
/** @typedef {import("./fool-tabs.js").FoolState} FoolState */
/** @typedef {import("./fool-nonsense-run.js").Made} Made */

export const needsPicture = false;
/** Of the tab's own keys in the link. @type {Record<string, import("../route.js").Rule>} */
export const rules = { of: below(100_000), using: oneOf(Object.keys(FORMS)), most: within(1, 200), sure: within(1, 99), seed: within(0, 1e6), made: flag, all: flag };

class NonsenseTab {
  #screen;
  #asked = "";
  /** @type {AbortController | null} */
  #doing = null;
  /** @type {Made | null} */
  #made = null;
  /** @type {Promise<string | null> | null} */
  #data = null;
  #model = "";
  element = html`<div class="nonsense making">
    <form class="card ask"><div class="row asks">
      <label class="choice"><span class="small dim">be sure of</span><select name="of"></select></label>
      <label class="choice"><span class="small dim">using</span><select name="using">${Object.entries(FORMS).map(([name, { title }]) => html`<option value="${name}">${title}</option>`)}</select></label>
      <label class="choice most"><span class="small dim">at most</span><input type="number" name="most" min="1" max="200" step="1" required></label>
      <label class="choice"><span class="small dim">until sure by</span><input type="number" name="sure" min="1" max="99" step="1" required><span>%</span></label>
      <button type="submit" class="primary make">Make</button>
      <button type="button" class="ten" @click=${() => this.#go({ all: true })}></button>
      <making-bar></making-bar></div>
      <p class="about small dim"></p><p class="note trouble" role="alert"></p></form>
    <section class="card result" aria-label="What was made" hidden>
      <climb-film></climb-film>
      <nonsense-verdict></nonsense-verdict>
      <div class="row after"><button type="button" class="hole" @click=${() => this.#keep()}>Keep as hole</button>
        <button type="button" class="to-explain" @click=${() => this.#open(openExplain)}>Explain</button>
        <button type="button" class="to-draw" @click=${() => this.#open(openDraw)}>Open in Draw</button>
        <button type="button" class="another" @click=${() => this.#go({ made: true, seed: (this.#state.own.seed ?? 0) + 1 })}>Another one</button></div>
    </section>
    <section class="card sheet" aria-labelledby="sheet-title" hidden><div class="row spread"><h2 id="sheet-title"></h2><making-bar></making-bar></div><class-sheet></class-sheet><p class="small dim sum"></p></section>
  </div>`;
  #sheet;

  /** @param {Screen} screen */
  constructor(screen) {
    this.#screen = screen;
    stylesheet("path.css");
    stylesheet("fool-making.css");
    this.#sheet = new Sheet(screen, find(this.element, ".sheet"), (index) => this.#go({ of: index, made: true }));
    find(this.element, "form").addEventListener("submit", (event) => (event.preventDefault(), this.#go({ made: true })));
    this.#field("using").addEventListener("change", () => this.#using(true));
    on(this.#bar, "cancel", () => (this.#stop(), screen.say("Stopped.")));
  }

  get #bar() { return find(this.element, "form making-bar", MakingBar); }
  get #film() { return find(this.element, "climb-film", ClimbFilm); }
  get #state() { return /** @type {FoolState} */ (this.#screen.state); }

  /** What the link asks for. */
  get #wish() {
    const { own, goal, model } = this.#state;
    const using = /** @type {string} */ (own.using ?? "pixels");
    return { of: Math.min(own.of ?? goal ?? 2, model.labels.length - 1), using, most: own.most ?? FORMS[using].usual, sure: own.sure ?? 99, seed: own.seed ?? 0 };
  }

  /** @param {FoolState} state */
  async show({ model, own }) {
    const wish = this.#wish;
    if (model.name !== this.#model) this.#meet(model);
    this.#field("of").value = String(wish.of);
    this.#field("using").value = wish.using;
    this.#using(false);
    this.#field("most").value = String(wish.most);
    this.#field("sure").value = String(wish.sure);
    const data = await (this.#data ??= dataFor(this.#screen.api, model).catch(() => null));
    const task = (/** @type {number} */ of) => taskOf({ ...wish, of }, model.name, data);
    this.#sheet.show(own.all ? wish : null, task, model);
    const asked = own.made ? JSON.stringify(task(wish.of)) : "";
    this.#sheet.chosen = own.made ? wish.of : null;
    if (asked === this.#asked) return;
    this.#stop();
    this.#asked = asked;
    find(this.element, ".result").hidden = !asked || !this.#made;
    find(this.element, ".result").classList.add("stale");
    if (asked) this.#make(task(wish.of), model.labels[wish.of]); // nobody waits for it here: the screen is there
  }

  stop() {
    this.#stop();
    this.#sheet.stop();
  }

  /** @type {import("../keys.js").Table} */
  shortcuts = { Enter: ["Make nonsense", () => find(this.element, "form", HTMLFormElement).requestSubmit()] };
  shareItems = () => (this.#made ? runItems(this.#screen.app, this.#made, "nonsense") : []);

  #stop() {
    this.#doing?.abort();
    this.#doing = null;
    this.#asked = "";
    this.#bar.data = null;
  }

  /** Another model may have other classes, and other pictures to compare with. @param {import("../api.js").Model} model */
  #meet(model) {
    this.#model = model.name;
    this.#made = this.#data = null;
    this.#film.data = null;
    this.#field("of").replaceChildren(...model.labels.map((label, index) => html`<option value="${index}">${label}</option>`));
    for (const option of this.#field("using").querySelectorAll("option")) option.disabled = FORMS[option.value].gradients && !model.abilities.includes("gradients");
    find(this.element, ".ten").textContent = model.labels.length === 10 ? "All ten" : model.labels.length <= 20 ? `All ${model.labels.length}` : "Ten classes";
    find(this.element, ".to-draw").hidden = !drawable(model);
  }

  /** @param {boolean} fresh the form was chosen now, so that its usual amount is proposed */
  #using(fresh) {
    const { counted, about, usual } = FORMS[this.#field("using").value];
    find(this.element, ".most").hidden = !counted;
    find(this.element, ".about").textContent = about;
    if (fresh) this.#field("most").value = String(usual);
  }

  /** With what the form says now. @param {Record<string, unknown>} changes */
  #go(changes) {
    const [of, most, sure] = ["of", "most", "sure"].map((name) => Number(this.#field(name).value));
    const using = this.#field("using").value;
    return this.#screen.go({ of, using, most: FORMS[using].counted ? most : undefined, sure: sure === 99 ? undefined : sure, ...changes });
  }

  /** @param {object} task @param {string} label */
  async #make(task, label) {
    const doing = (this.#doing = new AbortController());
    const trouble = find(this.element, ".trouble");
    const { api, app } = this.#screen;
    trouble.textContent = "";
    this.#bar.data = {};
    const glimpse = async (/** @type {string} */ id) => {
      const values = await api.partial(id).then(({ arrays }) => arrays.values, () => null); // it may have ended meanwhile
      if (doing !== this.#doing || !values) return;
      find(this.element, ".result").hidden = false;
      this.#film.glimpse(/** @type {Float32Array} */ (values.data), values.shape);
    };
    try {
      const made = await make(api, task, { signal: doing.signal, progress: (progress) => doing === this.#doing && (this.#bar.data = progress), partial: glimpse });
      if (doing !== this.#doing) return;
      this.#made = made;
      this.#show(made);
      this.#screen.say(made.facts.sentence);
      this.#bar.data = null;
      const others = await otherModels(app, await this.#address());
      if (made === this.#made) find(this.element, "nonsense-verdict", NonsenseVerdict).others = others.map((one) => ({ ...one, agrees: one.index === made.facts.target.class }));
    } catch (problem) {
      if (doing !== this.#doing) return;
      trouble.textContent = `No nonsense for “${label}”: ${/** @type {Error} */ (problem).message}`;
      find(this.element, ".result").hidden = true;
    } finally {
      if (doing === this.#doing) {
        this.#doing = null;
        this.#bar.data = null;
      }
    }
  }

  /** @param {Made} made */
  #show(made) {
    const { facts, frames, shape } = made;
    const area = find(this.element, ".result");
    area.hidden = false;
    area.classList.remove("stale");
    area.dataset.run = made.id;
    this.#film.data = { frames, shape, climb: facts.climb, label: facts.target.label, made: facts.sentence };
    const { nearest } = facts;
    const guard = guardWords(facts);
    find(this.element, "nonsense-verdict", NonsenseVerdict).data = {
      sentence: facts.sentence, accepted: facts.accepted,
      nearest: nearest && { picture: this.#screen.api.imageURL(nearest.address, 112), address: nearest.address, words: distanceWords(nearest) }, guard,
    };
    const hole = find(this.element, ".hole", HTMLButtonElement);
    const [top] = facts.prediction.toSorted((a, b) => b.score - a.score);
    hole.disabled = guard.good === false || top.index !== facts.target.class;
    hole.textContent = "Keep as hole";
    hole.title = hole.disabled ? "Only nonsense that the model takes for the class, and that nothing else does, is a hole" : "Files it under Browse › Holes";
    find(this.element, ".another").hidden = facts.settings.form === "pixels" || facts.settings.form === "guided"; // these throw no dice
    this.#film.playOnce();
  }

  async #keep() {
    if (!this.#made) return;
    try {
      await this.#screen.api.keepHole(this.#made.id);
      Object.assign(find(this.element, ".hole", HTMLButtonElement), { disabled: true, textContent: "Kept ✓" });
      this.#screen.app.toast("Kept: Browse lists all holes.");
    } catch (problem) {
      this.#screen.app.toast(/** @type {Error} */ (problem).message);
    }
  }

  /** The picture as 8 bits, where other screens find it. */
  #address() {
    return addressOf(this.#screen.app, /** @type {Made} */ (this.#made).pixels, () => new Promise((resolve) => this.#film.canvas.toBlob(resolve)));
  }

  /** @param {(app: import("../app.js").App, address: string) => unknown} where */
  async #open(where) {
    if (!this.#made) return;
    try {
      where(this.#screen.app, drawable(this.#state.model) ? await this.#address() : `run:${this.#made.id}/image`);
    } catch (problem) {
      this.#screen.say(/** @type {Error} */ (problem).message, "bad");
    }
  }

  /** @param {string} name @returns {HTMLInputElement & HTMLSelectElement} */
  #field = (name) => /** @type {any} */ (find(this.element, `[name=${name}]`));
}

/** @param {Screen} screen */
export default (screen) => new NonsenseTab(screen);
