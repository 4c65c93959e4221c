// @ts-check
/** A few lines over one axis, drawn by hand in SVG, with a cursor that can be dragged. Knows numbers and their names. */

import { brief } from "./colour-legend.js";

/** @typedef {{ name: string, look: "wide" | "thin" | "dashed" | "dotted", x: ArrayLike<number>, y: ArrayLike<number> }} Line */
/** @typedef {{ lines: Line[], xLabel: string, yLabel: string, ends: [string, string], sentence: string,
 *   marks?: { x: number, text: string }[], range?: { y: [number, number] } }} Chart marks: places on the axis with a name; range: as far as the axis goes, else as far as the lines go */

const SVG = "http://www.w3.org/2000/svg";
const ROOM = { left: 40, right: 10, top: 10, bottom: 24 };
const ABOVE = 14; // more room at the top where marks have names

/** Event: "pick" {x} where somebody points at the chart. */
export class LineChart extends HTMLElement {
  /** @type {Chart | null} */
  #data = null;
  #svg = make("svg", { role: "img" });
  #side = { width: 420, height: 190 };
  #cursor = NaN;
  #resized = new ResizeObserver(() => this.#fit());
  #key = document.createElement("p");
  #range = { x: [0, 1], y: [0, 1] };

  connectedCallback() {
    this.#resized.observe(this);
    if (this.#svg.isConnected) return;
    this.#key.className = "key small dim";
    this.append(this.#svg, this.#key);
    for (const type of ["pointerdown", "pointermove"]) this.#svg.addEventListener(type, (event) => this.#pick(/** @type {PointerEvent} */ (event)));
  }

  disconnectedCallback() {
    this.#resized.disconnect();
  }

  get data() {
    return this.#data;
  }

  set data(data) {
    this.#data = data;
    if (!data) return;
    const all = (/** @type {"x" | "y"} */ axis) => data.lines.flatMap((line) => Array.from(line[axis]));
    this.#range = { x: bounds(all("x")), y: data.range?.y ?? bounds([0, ...all("y")]) };
    this.#draw(data);
    this.at = this.#cursor;
  }

  /** One unit is one pixel, so that letters keep their size. */
  #fit() {
    const width = Math.max(240, this.clientWidth);
    if (!this.#data || width === this.#side.width) return;
    this.#side = { width, height: Math.round(Math.max(150, Math.min(260, 0.44 * width))) };
    this.#draw(this.#data);
    this.at = this.#cursor;
  }

  /** Where the cursor stands. @param {number} x */
  set at(x) {
    this.#cursor = x;
    if (!this.#data || Number.isNaN(x)) return;
    this.#svg.querySelectorAll(".cursor").forEach((old) => old.remove());
    const left = String(this.#left(x));
    this.#svg.append(make("line", { class: "cursor", x1: left, x2: left, y1: String(this.#roof), y2: String(this.#side.height - ROOM.bottom) }));
    for (const line of this.#data.lines) {
      const y = between(line, x);
      this.#svg.append(make("circle", { class: `cursor ${line.look}`, cx: left, cy: String(this.#top(y)), r: "4.5" }));
    }
  }

  /** @param {Chart} data */
  #draw({ lines, xLabel, yLabel, ends, sentence, marks = [] }) {
    this.#svg.setAttribute("aria-label", sentence);
    this.#svg.setAttribute("viewBox", `0 0 ${this.#side.width} ${this.#side.height}`);
    const floor = this.#side.height - ROOM.bottom;
    const parts = ticks(this.#range.y).flatMap((value) => {
      const y = String(this.#top(value));
      return [
        make("line", { class: value === 0 ? "zero" : "grid", x1: String(ROOM.left), x2: String(this.#side.width - ROOM.right), y1: y, y2: y }),
        write(brief(value).replace("-", "−"), { x: String(ROOM.left - 6), y, "text-anchor": "end", "dominant-baseline": "central" }),
      ];
    });
    const below = { y: String(floor + 18) };
    parts.push(
      write(ends[0], { ...below, x: String(ROOM.left) }),
      write(xLabel, { ...below, x: String((ROOM.left + this.#side.width - ROOM.right) / 2), "text-anchor": "middle" }),
      write(ends[1], { ...below, x: String(this.#side.width - ROOM.right), "text-anchor": "end" }),
    );
    for (const { x, text } of marks) {
      const left = this.#left(x);
      const far = left > this.#side.width / 2;
      parts.push(
        make("line", { class: "mark", x1: String(left), x2: String(left), y1: String(this.#roof), y2: String(floor) }),
        write(text, { class: "mark", x: String(left + (far ? -6 : 6)), y: String(ROOM.top + 2), "text-anchor": far ? "end" : "start" }),
      );
    }
    for (const line of lines) parts.push(make("polyline", { class: line.look, points: this.#points(line) }));
    this.#svg.replaceChildren(...parts);
    this.#key.replaceChildren(...lines.map(({ name, look }) => {
      const item = document.createElement("span");
      item.append(swatch(look), name);
      return item;
    }));
    this.#key.title = yLabel;
  }

  /** @param {Line} line */
  #points({ x, y }) {
    return Array.from(x, (value, i) => `${this.#left(value).toFixed(1)},${this.#top(y[i]).toFixed(1)}`).join(" ");
  }

  /** @param {number} x */
  #left(x) {
    const [low, high] = this.#range.x;
    return ROOM.left + ((x - low) / (high - low)) * (this.#side.width - ROOM.left - ROOM.right);
  }

  /** Where the lines may begin. */
  get #roof() {
    return ROOM.top + (this.#data?.marks?.length ? ABOVE : 0);
  }

  /** @param {number} y */
  #top(y) {
    const [low, high] = this.#range.y;
    return this.#roof + ((high - y) / (high - low)) * (this.#side.height - this.#roof - ROOM.bottom);
  }

  /** @param {PointerEvent} event */
  #pick(event) {
    if (event.type === "pointermove" && !(event.buttons & 1)) return;
    const box = this.#svg.getBoundingClientRect();
    const share = (((event.clientX - box.left) / box.width) * this.#side.width - ROOM.left) / (this.#side.width - ROOM.left - ROOM.right);
    const [low, high] = this.#range.x;
    this.dispatchEvent(new CustomEvent("pick", { detail: { x: low + Math.max(0, Math.min(1, share)) * (high - low) } }));
  }
}

/** The line's height at x, straight between its points. @param {Line} line @param {number} at */
export function between({ x, y }, at) {
  let i = 1;
  while (i < x.length - 1 && x[i] < at) i++;
  if (x.length < 2 || x[i] === x[i - 1]) return y[Math.min(i, y.length - 1)];
  const share = Math.max(0, Math.min(1, (at - x[i - 1]) / (x[i] - x[i - 1])));
  return y[i - 1] + share * (y[i] - y[i - 1]);
}

/** @param {number[]} values @returns {[number, number]} */
function bounds(values) {
  const low = values.reduce((a, b) => Math.min(a, b));
  const high = values.reduce((a, b) => Math.max(a, b));
  return low === high ? [low - 1, high + 1] : [low, high];
}

/** Three to five round numbers, zero among them. @param {number[]} range */
export function ticks([low, high]) {
  const rough = (high - low) / 5;
  const power = 10 ** Math.floor(Math.log10(rough));
  const step = [1, 2, 5, 10].map((factor) => factor * power).find((size) => size >= rough) ?? rough;
  const first = Math.ceil(low / step);
  return Array.from({ length: Math.floor(high / step) - first + 1 }, (_, i) => +((first + i) * step).toPrecision(6) || 0);
}

/** @param {string} look */
function swatch(look) {
  const svg = make("svg", { viewBox: "0 0 24 8", width: "24", height: "8", "aria-hidden": "true" });
  svg.append(make("polyline", { class: look, points: "1,4 23,4" }));
  return svg;
}

/** @param {string} tag @param {Record<string, string>} attributes */
function make(tag, attributes) {
  const node = document.createElementNS(SVG, tag);
  for (const [name, value] of Object.entries(attributes)) node.setAttribute(name, value);
  return node;
}

/** @param {string} text @param {Record<string, string>} attributes */
function write(text, attributes) {
  const node = make("text", attributes);
  node.textContent = text;
  return node;
}

customElements.define("line-chart", LineChart);
