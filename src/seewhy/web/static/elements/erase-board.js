// @ts-check
/** A picture of which pieces are gone, twice: as the model sees it, and with what went laid over it. Knows arrays. */

import { picture, put } from "../colours.js";
import { find, html } from "../html.js";
import { bytes, middles } from "../erased.js";

/** @typedef {import("../erased.js").Cut} Cut */

const GONE = [0xe8, 0x8a, 0x1a]; // what went: neither for nor against
const FAINT = 0.55; // a photograph's erased part keeps so little light

/** Event: "piece" {piece} where somebody points at one, if `choosable`. */
export class EraseBoard extends HTMLElement {
  /** @type {Cut | null} */
  #cut = null;
  /** Pieces can be told apart and switched. */
  choosable = false;
  /** What the model sees, 8 bits, H·W·C. */
  pixels = new Uint8Array();
  #body = html`<div class="twin">
    <figure><canvas class="seen" role="img"></canvas><figcaption class="small dim">What the model sees</figcaption></figure>
    <figure><div class="whole"><canvas class="gone" role="img"></canvas><div class="numbers" aria-hidden="true"></div></div><figcaption class="small dim"><i class="swatch" aria-hidden="true"></i> What is gone</figcaption></figure>
  </div>`;

  connectedCallback() {
    if (this.#body.isConnected) return;
    this.append(this.#body);
    find(this, ".whole").addEventListener("click", (event) => this.#point(event));
  }

  /** The pieces; each gets its number where there are few. @param {Cut | null} cut */
  set cut(cut) {
    this.#cut = cut;
    this.classList.toggle("choosable", this.choosable);
    const places = cut && this.choosable ? middles(cut) : [];
    find(this, ".numbers").replaceChildren(...places.map(({ x, y }, piece) => {
      const mark = html`<span>${piece + 1}</span>`;
      mark.style.left = `${100 * x}%`;
      mark.style.top = `${100 * y}%`;
      return mark;
    }));
  }

  /** Which pieces stay. @param {Uint8Array} alive */
  set alive(alive) {
    const cut = this.#cut;
    if (!cut) return;
    const { width, height, channels, image, pieces } = cut;
    const size = width * height;
    const pixels = (this.pixels = bytes(cut, alive));
    put(find(this, ".seen", HTMLCanvasElement), picture(Float32Array.from({ length: size * channels }, (_, i) => pixels[(i % size) * channels + Math.floor(i / size)]), width, height, channels, 255));
    const whole = picture(image, width, height, channels);
    for (let at = 0; at < size; at++) {
      if (pieces[at] < 0 || alive[pieces[at]]) continue;
      const light = (whole.data[4 * at] + whole.data[4 * at + 1] + whole.data[4 * at + 2]) / 765;
      for (let c = 0; c < 3; c++) whole.data[4 * at + c] = channels === 1 ? (0.25 + 0.75 * light) * GONE[c] : FAINT * (0.55 * GONE[c] + 0.45 * 255 * light);
    }
    put(find(this, ".gone", HTMLCanvasElement), whole);
    [...find(this, ".numbers").children].forEach((mark, piece) => mark.classList.toggle("off", !alive[piece]));
  }

  /** What the two pictures are called by those who cannot see them. @param {{ seen: string, gone: string }} names */
  set names({ seen, gone }) {
    find(this, ".seen").ariaLabel = seen;
    find(this, ".gone").ariaLabel = gone;
  }

  /** What the model sees as a PNG. @returns {Promise<Blob | null>} */
  png() {
    return new Promise((resolve) => find(this, ".seen", HTMLCanvasElement).toBlob(resolve));
  }

  /** Lifts one piece out, or none. @param {number | null} piece */
  set marked(piece) {
    [...find(this, ".numbers").children].forEach((mark, one) => mark.classList.toggle("marked", one === piece));
  }

  /** @param {MouseEvent} event */
  #point({ clientX, clientY }) {
    const cut = this.#cut;
    if (!cut || !this.choosable) return;
    const box = find(this, ".gone").getBoundingClientRect();
    const at = (/** @type {number} */ value, /** @type {number} */ low, /** @type {number} */ side, /** @type {number} */ count) => Math.max(0, Math.min(count - 1, Math.floor(((value - low) / side) * count)));
    const piece = near(cut, at(clientX, box.left, box.width, cut.width), at(clientY, box.top, box.height, cut.height));
    if (piece >= 0) this.dispatchEvent(new CustomEvent("piece", { detail: { piece } }));
  }
}

/** The piece at a place or right beside it; −1 for none. @param {Cut} cut @param {number} x @param {number} y */
function near({ pieces, width, height }, x, y) {
  for (let reach = 0; reach <= 2; reach++) {
    for (let row = Math.max(0, y - reach); row <= Math.min(height - 1, y + reach); row++) {
      for (let column = Math.max(0, x - reach); column <= Math.min(width - 1, x + reach); column++) {
        if (pieces[row * width + column] >= 0) return pieces[row * width + column];
      }
    }
  }
  return -1;
}

customElements.define("erase-board", EraseBoard);
