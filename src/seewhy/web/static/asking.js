// @ts-check
/** Asks what the model says of a picture while it changes: one question at a time, and of those that wait only the newest. Knows the API it is given. */

/** @typedef {{ pixels: Float32Array, shape: number[] }} Given */
/** @typedef {import("./api.js").Guess} Guess */

export class Asking {
  /** @type {{ given: Given, about: unknown } | null} */
  #next = null;
  #busy = false;
  #turn = 0;

  /** @param {typeof import("./api.js")} api @param {(guesses: Guess[], about: any, ms: number) => unknown} told @param {(problem: Error) => unknown} failed */
  constructor(api, told, failed) {
    this.api = api;
    this.told = told;
    this.failed = failed;
    this.model = "";
    this.classes = 0;
  }

  /** @param {Given} given @param {unknown} about comes back with the answer */
  ask(given, about) {
    this.#next = { given, about };
    if (!this.#busy) this.#work();
  }

  /** What is on its way is of no interest any more. */
  forget() {
    this.#next = null;
    this.#turn++;
  }

  async #work() {
    this.#busy = true;
    while (this.#next) {
      const [{ given, about }, turn, start] = [this.#next, this.#turn, performance.now()];
      this.#next = null;
      try {
        const { predictions: [guesses] } = await this.api.predict(this.model, [given], this.classes);
        if (turn === this.#turn) this.told(guesses, about, performance.now() - start);
      } catch (problem) {
        if (turn === this.#turn) this.failed(/** @type {Error} */ (problem));
      }
    }
    this.#busy = false;
  }
}
