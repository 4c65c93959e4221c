// @ts-check
/** A small black picture to draw on with finger, mouse, pen or keys; the brush is round and antialiased. Knows pixels only. */

import { picture, put } from "../colours.js";
import { html } from "../html.js";

/** @typedef {{ before: Uint8Array, way: { x: number, y: number }[] }} Stroke the drawing before it, and where the pen was */
/** @typedef {{ pixels: Uint8Array, strokes: Stroke[] }} Sheet */

const DEPTH = 200; // strokes that can be undone

export class SketchPad extends HTMLElement {
  width = 28;
  height = 28;
  /** @type {"draw" | "erase"} */
  tool = "draw";
  /** Diameter in pixels of the picture. */
  brush = 2.2;

  /** @type {Uint8Array} */
  #pixels = new Uint8Array(28 * 28);
  /** What was drawn since the last whole picture. @type {readonly Stroke[]} */
  strokes = [];
  /** @type {Sheet[]} */
  #past = [];
  /** @type {Sheet[]} */
  #future = [];
  /** @type {Stroke["way"]} of the stroke under way */
  #way = [];
  /** @type {Uint8Array | null} the picture before the stroke under way */
  #before = null;
  #last = { x: 0, y: 0 };
  #pen = -1;
  #due = false;
  #cursor = { x: 14, y: 14, down: false, held: false };
  #canvas = document.createElement("canvas");
  #hint = html`<span class="hint" aria-hidden="true">draw here</span>`;
  #mark = html`<span class="cursor" aria-hidden="true"></span>`;
  #spoken = html`<span class="visually-hidden" aria-live="polite"></span>`;

  connectedCallback() {
    if (!this.#canvas.isConnected) this.append(this.#canvas, this.#hint, this.#mark, this.#spoken);
    this.tabIndex = 0;
    this.setAttribute("role", "application");
    this.setAttribute("aria-label", "Drawing area. Arrow keys move, space puts the pen down and lifts it, Escape lifts it, Enter classifies.");
    this.addEventListener("pointerdown", this.#start);
    this.addEventListener("pointermove", this.#move);
    this.addEventListener("pointerup", this.#end);
    this.addEventListener("pointercancel", this.#end);
    this.addEventListener("keydown", this.#key);
    this.addEventListener("keyup", this.#release);
    this.#draw();
  }

  /** @returns {Uint8Array} */
  get pixels() { return this.#pixels.slice(); }

  /** A new picture is one step that can be undone. @param {Uint8Array} pixels */
  set pixels(pixels) {
    if (pixels.length !== this.width * this.height) throw new RangeError(`wanted ${this.width}×${this.height} pixels, got ${pixels.length}`);
    if (same(pixels, this.#pixels)) return;
    this.#remember(this.#pixels);
    this.#change({ pixels: pixels.slice(), strokes: [] });
  }

  get blank() { return this.#pixels.every((value) => value === 0); }
  get canUndo() { return this.#past.length > 0; }
  get canRedo() { return this.#future.length > 0; }

  /** Another size starts empty. @param {number} width @param {number} height */
  resize(width, height) {
    if (width === this.width && height === this.height) return;
    Object.assign(this, { width, height });
    this.#past = [];
    this.#future = [];
    this.#cursor = { ...this.#cursor, x: width >> 1, y: height >> 1 };
    this.#change({ pixels: new Uint8Array(width * height), strokes: [] });
  }

  undo() {
    const before = this.#past.pop();
    if (!before) return;
    this.#future.push(this.#sheet);
    this.#change(before);
  }

  redo() {
    const after = this.#future.pop();
    if (!after) return;
    this.#past.push(this.#sheet);
    this.#change(after);
  }

  clear() {
    this.pixels = new Uint8Array(this.width * this.height);
  }

  get #sheet() { return { pixels: this.#pixels, strokes: [...this.strokes] }; }

  /** @param {Uint8Array} pixels */
  #remember(pixels) {
    this.#past.push({ ...this.#sheet, pixels });
    if (this.#past.length > DEPTH) this.#past.shift();
    this.#future = [];
  }

  /** @param {Sheet} sheet */
  #change({ pixels, strokes }) {
    this.#pixels = pixels;
    this.strokes = strokes;
    this.#later();
    this.dispatchEvent(new CustomEvent("stroke-end", { bubbles: true }));
  }

  /** One picture and one "ink" per frame, however many moves there were. */
  #later() {
    if (this.#due) return;
    this.#due = true;
    requestAnimationFrame(() => {
      this.#due = false;
      this.#draw();
      this.dispatchEvent(new CustomEvent("ink", { bubbles: true }));
    });
  }

  /** A look at another picture, which changes nothing. @param {Uint8Array} pixels */
  glimpse(pixels) {
    put(this.#canvas, picture(pixels, this.width, this.height, 1, 255));
  }

  #draw() {
    put(this.#canvas, picture(this.#pixels, this.width, this.height, 1, 255));
    this.#hint.hidden = !this.blank;
    this.#mark.classList.toggle("down", this.#cursor.down);
    this.style.setProperty("--x", String(this.#cursor.x / this.width));
    this.style.setProperty("--y", String(this.#cursor.y / this.height));
    this.style.setProperty("--cell", String(1 / this.width));
  }

  /** @param {PointerEvent} event */
  #start = (event) => {
    if (event.button > 0 && event.button !== 5) return;
    if (this.#pen >= 0) return; // a second finger does not draw
    this.#pen = event.pointerId;
    this.setPointerCapture(event.pointerId);
    this.#before = this.#pixels.slice();
    this.#last = this.#place(event);
    this.#stamp(this.#last, this.#last, erases(event) ? "erase" : this.tool);
  };

  /** @param {PointerEvent} event */
  #move = (event) => {
    if (event.pointerId !== this.#pen) return;
    const moves = event.getCoalescedEvents?.() ?? [];
    for (const move of moves.length ? moves : [event]) {
      const here = this.#place(move);
      this.#stamp(this.#last, here, erases(event) ? "erase" : this.tool);
      this.#last = here;
    }
  };

  /** @param {PointerEvent} event */
  #end = (event) => {
    if (event.pointerId !== this.#pen) return;
    this.#pen = -1;
    this.#finish();
  };

  #finish() {
    const before = this.#before;
    const way = this.#way.splice(0);
    this.#before = null;
    if (!before || same(before, this.#pixels)) return;
    this.#remember(before);
    this.strokes = [...this.strokes, { before, way }];
    this.dispatchEvent(new CustomEvent("stroke-end", { bubbles: true }));
  }

  /** @param {PointerEvent} event */
  #place({ clientX, clientY }) {
    const box = this.#canvas.getBoundingClientRect();
    return { x: ((clientX - box.left) / box.width) * this.width, y: ((clientY - box.top) / box.height) * this.height };
  }

  /** A thick line from a to b; each pixel takes the share of the brush that covers it. @param {{ x: number, y: number }} a @param {{ x: number, y: number }} b @param {"draw" | "erase"} tool */
  #stamp(a, b, tool) {
    stamp(this.#pixels, this.width, this.height, a, b, this.brush, tool);
    this.#way.push(...(this.#way.length ? [b] : [a, b]));
    this.#later();
  }

  /** @param {KeyboardEvent} event */
  #key = (event) => {
    const step = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] }[event.key];
    const pen = this.#cursor;
    if (event.ctrlKey || event.metaKey || event.altKey || !(step || event.key === " " || (event.key === "Escape" && pen.down))) return;
    event.preventDefault();
    const from = { x: pen.x + 0.5, y: pen.y + 0.5 };
    if (step) {
      pen.x = Math.max(0, Math.min(this.width - 1, pen.x + step[0]));
      pen.y = Math.max(0, Math.min(this.height - 1, pen.y + step[1]));
      if (pen.down) pen.held = true;
    } else if (event.repeat) {
      return;
    } else if (event.key === " " && !pen.down) {
      this.#before = this.#pixels.slice();
      Object.assign(pen, { down: true, held: false });
    } else {
      Object.assign(pen, { down: false, held: false });
      this.#finish();
    }
    if (pen.down) this.#stamp(from, { x: pen.x + 0.5, y: pen.y + 0.5 }, this.tool);
    this.#draw();
    const ink = this.#pixels[pen.y * this.width + pen.x] > 127 ? ", ink" : "";
    this.#spoken.textContent = `row ${pen.y + 1}, column ${pen.x + 1}${ink}${event.key === " " ? (pen.down ? ", pen down" : ", pen up") : ""}`;
  };

  /** Space held while moving draws as long as it is held. @param {KeyboardEvent} event */
  #release = (event) => {
    if (event.key !== " " || !this.#cursor.down || !this.#cursor.held) return;
    Object.assign(this.#cursor, { down: false, held: false });
    this.#finish();
    this.#draw();
  };
}

/** @param {Uint8Array} pixels @param {number} width @param {number} height @param {{ x: number, y: number }} a @param {{ x: number, y: number }} b @param {number} brush @param {"draw" | "erase"} tool */
export function stamp(pixels, width, height, a, b, brush, tool) {
  const reach = brush / 2 + 0.5;
  const [dx, dy] = [b.x - a.x, b.y - a.y];
  const length = dx * dx + dy * dy;
  for (let y = Math.max(0, Math.floor(Math.min(a.y, b.y) - reach)); y <= Math.min(height - 1, Math.max(a.y, b.y) + reach); y++) {
    for (let x = Math.max(0, Math.floor(Math.min(a.x, b.x) - reach)); x <= Math.min(width - 1, Math.max(a.x, b.x) + reach); x++) {
      const [px, py] = [x + 0.5 - a.x, y + 0.5 - a.y];
      const along = length ? Math.max(0, Math.min(1, (px * dx + py * dy) / length)) : 0;
      const cover = Math.max(0, Math.min(1, reach - Math.hypot(px - along * dx, py - along * dy)));
      const value = Math.round(255 * cover);
      const i = y * width + x;
      pixels[i] = tool === "erase" ? Math.min(pixels[i], 255 - value) : Math.max(pixels[i], value);
    }
  }
}

/** The other end of a pen erases. @param {PointerEvent} event */
const erases = ({ buttons }) => (buttons & 32) !== 0;

/** @param {Uint8Array} a @param {Uint8Array} b */
const same = (a, b) => a.length === b.length && a.every((value, i) => value === b[i]);

customElements.define("sketch-pad", SketchPad);
