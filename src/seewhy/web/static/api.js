// @ts-check
/** The server's addresses, one function per endpoint; the only file that knows URLs. Knows no element. */

import { base64, npy, safetensors } from "./wire.js";

/** @typedef {{ index: number, label: string, score: number, logit: number }} Guess */
/** @typedef {{ name: string, title: string, framework: string, input: { channels: number, height: number, width: number }, labels: string[],
 *   abilities: string[], metrics: { accuracy?: number }, default_layer: string | null, datasets: string[], about: string }} Model */
/** @typedef {{ index: number, name: string, kind: string, shape: number[], parameters: number, spatial: boolean, default: boolean }} Layer */
/** @typedef {{ name: string, title: string, kind: string, needs: string[], group: string, about: string, formula_mathml: string, limits: string[],
 *   source: string, link: string, signed: boolean, settings: any, refusal?: string | null, seconds_estimate?: number | null }} Method */
/** @typedef {{ name: string, title: string, splits: Record<string, number>, labels: string[], about: string, available: boolean }} Dataset */
/** @typedef {{ address: string, index: number, label: number | null, label_name: string | null, predicted?: number, predicted_name?: string, score?: number,
 *   correct?: boolean | null }} Item with a prediction where a model was named */
/** @typedef {{ address: string, width: number, height: number, channels: number, sha256: string }} Stored */
/** @typedef {{ kind?: "explain", model: string, image: string, method: string, settings?: Record<string, unknown>, target?: unknown }} Task */
/** @typedef {{ done: number, total: number | null, stage: string, eta_s: number | null }} Progress */
/** @typedef {{ prediction: Guess[], target: { class: number, label: string, versus: number | null, versus_label: string | null, output: string, text: string },
 *   score: number, scale: number, max: number, histogram: number[], sum: number, seconds: number, caption: string, sentence: string, signed: boolean,
 *   notes: Record<string, any>, arrays: Record<string, number[]>, settings: Record<string, unknown>, image: string, label: number | null, python: string }} Result */
/** @typedef {{ id: string, kind: string, title?: string, status: "queued" | "running" | "done" | "failed" | "cancelled", progress: Progress | null, task: Task,
 *   result: Result | null, error: { type: string, detail: string } | null, links?: Record<string, string> }} Run */
/** @typedef {{ type: "progress" | "partial" | "done" | "error", run: string } & Record<string, any>} RunEvent */

const BASE = new URL("api/v1/", document.baseURI.split("#")[0]);

/** An answer that is no answer: status 0 means that nobody was there. */
export class Problem extends Error {
  /** @param {number} status @param {string} title @param {string} detail @param {string} [didYouMean] */
  constructor(status, title, detail, didYouMean) {
    super(detail || title);
    Object.assign(this, { name: "Problem" });
    this.status = status;
    this.title = title;
    this.didYouMean = didYouMean;
  }
}

/** Tells "lost" when nobody answers and "found" when somebody does; "run" when a run was started, "over" when it ended. */
export const line = new EventTarget();

export const health = () => json("health");
/** @returns {Promise<Model[]>} */
export const models = () => once("models");
/** @param {string} name @returns {Promise<Model>} */
export const model = (name) => once(`models/${path(name)}`);
/** Loads a model by address; only where the server allows it. @param {string} address @returns {Promise<Model>} */
export const addModel = async (address) => {
  const added = await post("models", { address });
  known.delete("models");
  return added;
};
/** @param {string} name @returns {Promise<Layer[]>} */
export const layers = (name) => once(`models/${path(name)}/layers`);
/** All methods; with a model, each with the sentence why it refuses. @param {string} [model] @returns {Promise<Method[]>} */
export const methods = (model) => once(`methods${query({ model })}`);
/** All attacks, as methods; each with the sentence why it refuses the model. @param {string} model @returns {Promise<Method[]>} */
export const attacks = (model) => once(`attacks${query({ model })}`);
/** @returns {Promise<Dataset[]>} */
export const datasets = () => json("datasets");
/** @param {string} dataset @param {string} split @param {{ limit?: number, cursor?: number, label?: number, model?: string, predicted?: number, correct?: boolean, sort?: string }} [options]
 *  @returns {Promise<{ items: Item[], next_cursor: number | null, total: number }>} */
export const items = (dataset, split, options = {}) => json(`datasets/${path(dataset)}/${path(split)}/items${query(options)}`);

/** What rules of a model are made of: data sets, layers, and the settings of the search. @param {string} model @returns {Promise<any>} */
export const because = (model) => once(`models/${path(model)}/because`);
/** How a unit's values are spread over a data set. @param {{ model: string, data: string, condition: string, image?: string, size?: unknown }} wish @returns {Promise<any>} */
export const spread = (wish) => json(`because/spread${query(wish)}`);

/** Rules as one file that opens anywhere. @param {string[]} runs @param {string} place leads back to the screen @returns {Promise<{ id: string }>} */
export const ruleReport = (runs, place) => post("because/reports", { runs, place });
/** @param {string} id */
export const ruleReportURL = (id) => href(`because/reports/${path(id)}.html`);

/** @param {string} address @param {number} [size] */
export const imageURL = (address, size) => href(`images/${path(address)}${query({ size })}`);
/** (C, H, W) in 0…1. @param {string} address @returns {Promise<import("./wire.js").Tensor>} */
export const image = async (address) => npy(await (await call(`images/${path(address)}${query({ as: "npy" })}`)).arrayBuffer());
/** Many small pictures in one; with a model, as it sees them. @param {string[]} images @param {number} [size] @param {number} [columns] @param {string} [model] */
export const spriteURL = (images, size = 56, columns = 20, model = undefined) => href(`sprite${query({ images: images.join(","), size, columns, model })}`);

/** Stores a picture, or a drawing given as ink. @param {Blob | string} picture @returns {Promise<Stored>} */
export const addImage = (picture) =>
  picture instanceof Blob
    ? json("images", { method: "POST", headers: { "Content-Type": picture.type || "image/png" }, body: picture })
    : post("images", { ink: picture.replace(/^ink:/, "") });

/**
 * @param {string} model @param {(string | { pixels: Float32Array, shape: number[] })[]} images @param {number} [topK]
 * @returns {Promise<{ predictions: Guess[][], labels_true: (number | null)[], seconds: number }>}
 */
export const predict = (model, images, topK = 10) =>
  post(`models/${path(model)}/predict`, {
    images: images.map((one) => (typeof one === "string" ? one : { pixels: { shape: one.shape, b64: base64(new Uint8Array(one.pixels.slice().buffer)) } })),
    top_k: topK,
  });

/** Starts a task, or finds its answer. @param {Task} task @param {number} [wait] seconds to wait for it @returns {Promise<Run>} */
export const startRun = (task, wait = 0) => post("runs", { kind: "explain", ...task }, wait ? { Prefer: `wait=${wait}` } : {});
/** @param {string} id @returns {Promise<Run>} */
export const run = (id) => json(`runs/${path(id)}`);
/** @param {string} id @returns {Promise<unknown>} */
export const cancel = (id) => call(`runs/${path(id)}`, { method: "DELETE" });
/** @param {string} id @param {string[]} [names] */
export const arrays = async (id, names) => safetensors(await (await call(`runs/${path(id)}/arrays${query({ names: names?.join(",") })}`)).arrayBuffer());
/** The map so far. @param {string} id */
export const partial = async (id) => safetensors(await (await call(`runs/${path(id)}/arrays?partial=1`)).arrayBuffer());
/** @param {string} id @param {string} name */
export const arrayURL = (id, name) => href(`runs/${path(id)}/arrays/${path(name)}.npy`);
/** @param {string} id @param {{ view?: string, opacity?: number, scale?: number }} [look] */
export const pictureURL = (id, look = {}) => href(`runs/${path(id)}/picture.png${query(look)}`);
/** @param {string} id @param {"npz" | "json"} kind */
export const resultURL = (id, kind) => href(`runs/${path(id)}/result.${kind}`);
/** @param {string} title @param {{ run: string, note: string }[]} items @returns {Promise<{ id: string, links: { html: string, json: string, zip: string } }>} */
export const reports = (title, items) => post("reports", { title, items });
/** @param {string} id @param {"html" | "json" | "zip"} [form] */
export const reportURL = (id, form = "html") => href(`reports/${path(id)}.${form}`);
/** @typedef {{ id: string, address: string, kind: "nonsense" | "attack" | "erase", label: string, probability: number, truth: string | null, epsilon: number | null,
 *   model: string, fingerprint: string, date: string, note: string, recipe: Record<string, any> }} Hole */
/** What was kept of what fooled a model; without a name, any model. @param {string} [model] @returns {Promise<{ holes: Hole[], troubles: string[] }>} */
export const holes = (model) => json(`holes${query({ model })}`);
/** Keeps the picture of a finished run of kind nonsense, attack or erase. @param {string} run @param {string} [note] @returns {Promise<Hole>} */
export const keepHole = (run, note = "") => post("holes", { run, note });
/** @param {string} id @param {string} note @returns {Promise<Hole>} */
export const noteHole = (id, note) => json(`holes/${path(id)}`, { method: "PATCH", headers: { "Content-Type": "application/json" }, body: JSON.stringify({ note }) });
/** @param {string} id @returns {Promise<unknown>} */
export const forgetHole = (id) => call(`holes/${path(id)}`, { method: "DELETE" });
/** All as a data set. @param {string} [model] */
export const holesURL = (model) => href(`holes.zip${query({ model })}`);
/** The list of models may have grown. */
export const forgetModels = () => void known.delete("models");
/** Where tasks go, for people who want to send one by hand. */
export const runsURL = () => href("runs");

/** @type {EventSource | null} */
let stream = null;
/** @type {Set<(event: RunEvent) => void>} */
const listeners = new Set();

/** Hears all runs; one connection for the whole page. Gives the function that stops. @param {(event: RunEvent) => void} listener */
export function events(listener) {
  listeners.add(listener);
  if (!stream) {
    stream = new EventSource(href("events"));
    for (const type of ["progress", "partial", "done", "error"]) stream.addEventListener(type, (event) => hear(type, event));
  }
  return () => void listeners.delete(listener);
}

/** @param {string} type @param {Event} event */
function hear(type, event) {
  if (!(event instanceof MessageEvent)) return; // the stream's own error: it opens itself again
  for (const listener of listeners) listener({ type, ...JSON.parse(event.data) });
}

/**
 * Runs a task to its end: the finished run, or a Problem. Abort cancels it on the server too.
 * @param {Task} task
 * @param {{ started?: (run: Run) => void, progress?: (progress: Progress) => void, partial?: (id: string) => void, signal?: AbortSignal }} [hooks]
 * @returns {Promise<Run>}
 */
export async function perform(task, hooks = {}) {
  const current = await startRun(task);
  if (isOver(current)) return ended(current.result || current.error ? current : await run(current.id));
  line.dispatchEvent(new CustomEvent("run", { detail: { ...current, task } }));
  hooks.started?.(current);
  return new Promise((resolve, reject) => {
    const ask = () => run(current.id).then((now) => isOver(now) && finish(now), (problem) => problem.status && settle(() => reject(problem)));
    const stop = events((event) => {
      if (event.run !== current.id) return;
      if (event.type === "progress") hooks.progress?.(/** @type {any} */ (event));
      else if (event.type === "partial") hooks.partial?.(current.id);
      else ask();
    });
    const timer = setInterval(ask, 2000); // an event can be missed while the line is down
    const abort = () => cancel(current.id).then(ask, reject);
    /** @param {() => void} then */
    const settle = (then) => {
      stop();
      clearInterval(timer);
      hooks.signal?.removeEventListener("abort", abort);
      line.dispatchEvent(new CustomEvent("over", { detail: current.id }));
      then();
    };
    /** @param {Run} now */
    const finish = (now) => settle(() => { try { resolve(ended(now)); } catch (problem) { reject(problem); } });
    hooks.signal?.addEventListener("abort", abort);
    if (hooks.signal?.aborted) abort();
    else ask(); // it may have ended before the stream was open
  });
}

/** @param {Run} run */
const isOver = ({ status }) => status !== "queued" && status !== "running";

/** @param {Run} run @returns {Run} */
function ended(run) {
  if (run.status === "done") return run;
  throw new Problem(409, run.status, run.error?.detail ?? (run.status === "cancelled" ? "cancelled" : "the run failed without a word"));
}

/** The live socket, binary. */
export function openLive() {
  const socket = new WebSocket(href("live").replace(/^h\w+?(s?):/, "ws$1:"));
  socket.binaryType = "arraybuffer";
  return socket;
}

/** One frame without a socket: everything in one answer. @param {Record<string, unknown>} config @param {Uint8Array} pixels @param {AbortSignal} [signal] */
export async function liveOnce({ settings, ...config }, pixels, signal) {
  const target = typeof config.target === "object" ? JSON.stringify(config.target) : config.target;
  const address = `live${query({ ...config, target, centre: config.centre ? 1 : 0, settings: JSON.stringify(settings ?? {}) })}`;
  const headers = { "Content-Type": "application/octet-stream" };
  const answer = await call(address, { method: "POST", headers, body: /** @type {Uint8Array<ArrayBuffer>} */ (pixels), signal });
  return safetensors(await answer.arrayBuffer());
}

/** @type {Map<string, Promise<any>>} */
const known = new Map();

/** What does not change while the server runs is asked once. @param {string} address @returns {Promise<any>} */
function once(address) {
  let answer = known.get(address);
  if (!answer) known.set(address, (answer = json(address)));
  answer.catch(() => known.delete(address));
  return answer;
}

/** @param {string} address @param {RequestInit} [init] @returns {Promise<any>} */
const json = async (address, init) => (await call(address, init)).json();

/** @param {string} address @param {unknown} body @param {Record<string, string>} [headers] @returns {Promise<any>} */
const post = (address, body, headers = {}) =>
  json(address, { method: "POST", headers: { "Content-Type": "application/json", ...headers }, body: JSON.stringify(body) });

/** @param {string} address @param {RequestInit} [init] */
async function call(address, init) {
  const answer = await fetch(href(address), init).catch((error) => {
    if (error.name === "AbortError") throw error;
    line.dispatchEvent(new Event("lost"));
    throw new Problem(0, "No answer", "the server does not answer");
  });
  line.dispatchEvent(new Event("found"));
  if (answer.ok) return answer;
  const said = await answer.json().catch(() => ({}));
  const detail = Array.isArray(said.detail) ? said.detail.map((/** @type {any} */ one) => `${one.loc?.at(-1) ?? ""}: ${one.msg}`).join("; ") : said.detail;
  throw new Problem(answer.status, said.title ?? answer.statusText, detail ?? `the server answered ${answer.status}`, said.did_you_mean);
}

/** @param {string} address */
const href = (address) => new URL(address, BASE).href;
/** @param {string} name */
const path = (name) => name.split("/").map(encodeURIComponent).join("/");

/** @param {Record<string, unknown>} values */
function query(values) {
  const given = Object.entries(values).filter(([, value]) => value !== undefined && value !== null);
  return given.length ? `?${new URLSearchParams(given.map(([key, value]) => [key, String(value)]))}` : "";
}
