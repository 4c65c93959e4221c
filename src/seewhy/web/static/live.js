// @ts-check
/** Asks about a drawing while it is made: newest wins, by socket, or by single calls where there is none. Knows no element. */

import * as api from "./api.js";
import { safetensors } from "./wire.js";

/** @typedef {{ model: string, method: string, settings: Record<string, unknown>, target: number | "argmax", centre: boolean }} Config */
/** @typedef {{ probabilities: Float32Array, order: number[], seen: Uint8Array, latency: number }} Guess order: classes, likeliest first */
/** @typedef {{ values: Float32Array, width: number, height: number, scale: number, signed: boolean, final: boolean, text: string, sentence: string,
 *   sum: number, gap: number, delta: number, seconds: number, warnings: string[], latency: number }} Heat gap and delta are NaN where the method has none */

const WAITS = [1000, 2000, 4000, 8000];

/** Tells "sent"; "predict" with a Guess; "explain" with a Heat, "trust" with how far to believe it; "problem" with a sentence, and whether the server is gone. */
export class Live extends EventTarget {
  /** @type {Config | null} */
  #config = null;
  /** @type {WebSocket | null} */
  #socket = null;
  #tries = 0;
  #retry = 0;
  #seq = 0;
  /** Answers to frames before this one are of no interest any more. */
  #floor = 0;
  #shown = { predict: 0, explain: 0 };
  /** @type {Map<number, number>} when each frame was sent */
  #times = new Map();
  /** @type {Uint8Array | null} */
  #next = null;
  #calling = false;

  open() {
    if (this.#socket) return;
    clearTimeout(this.#retry);
    const socket = api.openLive();
    this.#socket = socket;
    socket.addEventListener("open", () => {
      this.#tries = 0;
      this.#tell();
      if (this.#next) this.#flush();
    });
    socket.addEventListener("message", ({ data }) => (typeof data === "string" ? this.#text(JSON.parse(data)) : this.#bytes(safetensors(data))));
    socket.addEventListener("close", () => this.#closed(socket));
  }

  close() {
    clearTimeout(this.#retry);
    const socket = this.#socket;
    this.#socket = null;
    this.#next = null;
    socket?.close();
  }

  /** What to ask from now on; answers to earlier questions are dropped. @param {Config} config */
  configure(config) {
    this.#config = config;
    this.forget();
    this.#tell();
  }

  /** Drops what is on its way. */
  forget() {
    this.#floor = this.#seq + 1;
    this.#next = null;
    this.#times.clear();
  }

  /** Asks about this picture; only the newest of a frame is sent. @param {Uint8Array} pixels */
  send(pixels) {
    const due = this.#next !== null;
    this.#next = pixels;
    if (!due) requestAnimationFrame(() => this.#flush());
  }

  #tell() {
    if (this.#config && this.#socket?.readyState === WebSocket.OPEN) this.#socket.send(JSON.stringify({ type: "config", ...this.#config }));
  }

  #flush() {
    const pixels = this.#next;
    if (!pixels || !this.#config) return;
    if (this.#socket?.readyState === WebSocket.CONNECTING && this.#tries === 0) return; // it is sent when the socket opens
    if (this.#socket?.readyState !== WebSocket.OPEN) return void this.#call(pixels);
    this.#next = null;
    const frame = new Uint8Array(4 + pixels.length);
    new DataView(frame.buffer).setUint32(0, this.#sent(), true);
    frame.set(pixels, 4);
    this.#socket.send(frame);
  }

  /** One call at a time; what was drawn meanwhile goes next. @param {Uint8Array} pixels */
  async #call(pixels) {
    if (this.#calling || !this.#config) return;
    this.#calling = true;
    this.#next = null;
    const seq = this.#sent();
    try {
      const answer = await api.liveOnce(this.#config, pixels);
      for (const phase of ["predict", "explain"]) this.#bytes({ ...answer, metadata: { ...answer.metadata, phase, seq: String(seq), final: "1" } });
      if (answer.metadata.trust) this.#trust(seq, answer.metadata);
    } catch (problem) {
      if (seq >= this.#floor) this.#say("problem", { detail: /** @type {Error} */ (problem).message, gone: problem instanceof api.Problem && problem.status === 0 });
    }
    this.#calling = false;
    if (this.#next) this.#flush();
  }

  #sent() {
    this.#times.set(++this.#seq, performance.now());
    this.#say("sent", null);
    return this.#seq;
  }

  /** @param {import("./wire.js").Bundle} bundle */
  #bytes(bundle) {
    const seq = Number(bundle.metadata.seq);
    if (bundle.metadata.phase === "trust") return this.#trust(seq, bundle.metadata);
    const phase = bundle.metadata.phase === "predict" ? "predict" : "explain";
    if (seq < this.#floor || seq < this.#shown[phase]) return;
    this.#shown[phase] = seq;
    const latency = performance.now() - (this.#times.get(seq) ?? NaN);
    for (const old of this.#times.keys()) if (old < seq) this.#times.delete(old);
    this.#say(phase, { ...(phase === "predict" ? guessOf(bundle) : mapOf(bundle)), latency });
  }

  /** Comes after the whole map, while the pen rests. @param {number} seq @param {Record<string, string>} said */
  #trust(seq, said) {
    if (seq === this.#shown.explain && seq >= this.#floor) this.#say("trust", JSON.parse(said.trust));
  }

  /** @param {{ type: string, detail?: string }} message */
  #text({ type, detail }) {
    if (type !== "ready") this.#say("problem", { detail });
  }

  /** @param {WebSocket} socket */
  #closed(socket) {
    if (this.#socket !== socket) return;
    this.#socket = null;
    const wait = WAITS[Math.min(this.#tries++, WAITS.length - 1)];
    this.#retry = setTimeout(() => this.open(), wait);
    if (this.#next) this.#flush();
    else if (this.#tries === 1) api.health().catch(() => {}); // is it the socket or the server? the shell says it
  }

  /** @param {string} type @param {unknown} detail */
  #say(type, detail) {
    this.dispatchEvent(new CustomEvent(type, { detail }));
  }
}

/** @param {import("./wire.js").Bundle} bundle */
function guessOf({ arrays: { probs, seen } }) {
  const probabilities = /** @type {Float32Array} */ (probs.data);
  return { probabilities, seen: seen.data, order: [...probabilities.keys()].sort((a, b) => probabilities[b] - probabilities[a]) };
}

/** @param {import("./wire.js").Bundle} bundle */
function mapOf({ arrays: { values: { data, shape: [height, width] } }, metadata: said }) {
  const numbers = { scale: Number(said.scale), sum: Number(said.sum), gap: Number(said.gap), delta: Number(said.score_delta), seconds: Number(said.seconds) };
  const words = { text: said.text, sentence: said.sentence, warnings: JSON.parse(said.warnings ?? "[]") };
  return { values: data, width, height, signed: said.signed === "1", final: said.final === "1", ...numbers, ...words };
}

/** @typedef {"live" | "release" | "manual"} Mode */

const WORDS = { live: "Live", release: "On release", manual: "Manual" };

/** Decides from measured times whether to ask with every move, at the end of a stroke, or when told to. */
export class Pace {
  /** @type {number[]} */
  #times = [];
  /** Shall it be asked without being told to? */
  on = true;
  /** @type {Mode} */
  #mode = "live";

  /** @returns {Mode} */
  get mode() {
    return this.on ? this.#mode : "manual";
  }

  /** The mode in words. */
  get text() {
    const ms = Math.round(this.typical);
    return WORDS[this.mode] + (this.mode === "live" && ms ? ` ${ms} ms` : "");
  }

  /** @param {number} ms from ink to answer; while drawing that is the prediction, at rest the whole explanation */
  add(ms) {
    if (!Number.isFinite(ms)) return;
    this.#times = [...this.#times.slice(-8), ms];
    if (this.#times.length < 5) return;
    const usual = this.typical;
    const mode = usual > 400 ? "manual" : usual > (this.#mode === "live" ? 80 : 40) ? "release" : "live";
    if (mode !== this.#mode) this.#times = [];
    this.#mode = mode;
  }

  /** Median of the last nine. */
  get typical() {
    return this.#times.toSorted((a, b) => a - b)[this.#times.length >> 1] ?? NaN;
  }
}
