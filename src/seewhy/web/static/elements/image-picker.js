// @ts-check
/** Where a picture comes from: dropped, pasted, a file, an address, or a sample. Knows no URL: it is told the addresses and one sheet of tiles. */

import { find, html } from "../html.js";

/** @typedef {{ address: string, title: string }} Sample */
/** @typedef {{ items: Sample[], sheet: string, columns: number, tile: number }} Samples one picture holds all tiles */
/** @typedef {{ name: string, title: string }} Source */

/** Events: "pick" {address} or {blob}; "source" {name} when other samples are wanted, "more" for the next ones. */
export class ImagePicker extends HTMLElement {
  #body = html`<div class="picker">
    <div class="drop"><p><b>Drop a picture here</b>, or paste one</p>
      <label class="button">Choose a file<input type="file" accept="image/*" class="visually-hidden"></label></div>
    <form class="row address"><label for="picker-address">Address</label><input type="text" id="picker-address" spellcheck="false" autocomplete="off" placeholder="digits/test/8">
      <button type="submit">Open</button></form>
    <section class="samples" aria-labelledby="samples-title" hidden><div class="row spread"><h3 id="samples-title">Or start with one of these</h3>
      <span class="row"><select class="source" aria-label="Data set" hidden></select><button type="button" class="more">More</button></span></div>
      <div class="tiles"></div></section>
  </div>`;

  connectedCallback() {
    if (this.#body.isConnected) return;
    this.append(this.#body);
    const file = find(this, "[type=file]", HTMLInputElement);
    file.addEventListener("change", () => file.files?.[0] && this.#pick({ blob: file.files[0] }));
    const address = find(this, "#picker-address", HTMLInputElement);
    find(this, "form").addEventListener("submit", (event) => {
      event.preventDefault();
      if (address.value.trim()) this.#pick({ address: address.value.trim() });
    });
    const source = find(this, ".source", HTMLSelectElement);
    source.addEventListener("change", () => this.dispatchEvent(new CustomEvent("source", { detail: { name: source.value } })));
    find(this, ".more").addEventListener("click", () => this.dispatchEvent(new CustomEvent("more")));
    watchPictures(this, (blob) => this.#pick({ blob }));
  }

  /** @param {Samples} samples */
  set samples({ items, sheet, columns, tile }) {
    const buttons = items.map(({ address, title }, at) => {
      const button = html`<button type="button" data-address="${address}" aria-label="${title}" title="${title}" @click=${() => this.#pick({ address })}><span class="tile"></span></button>`;
      const face = find(button, ".tile");
      face.style.backgroundImage = `url("${sheet}")`;
      face.style.backgroundPosition = `${-tile * (at % columns)}px ${-tile * Math.floor(at / columns)}px`;
      return button;
    });
    find(this, ".tiles").replaceChildren(...buttons);
    find(this, ".samples").hidden = items.length === 0;
  }

  /** @param {Source[]} sources */
  set sources(sources) {
    const select = find(this, ".source", HTMLSelectElement);
    select.replaceChildren(...sources.map(({ name, title }) => html`<option value="${name}">${title}</option>`));
    select.hidden = sources.length < 2;
  }

  /** @param {{ address?: string, blob?: Blob }} detail */
  #pick(detail) {
    this.dispatchEvent(new CustomEvent("pick", { detail }));
  }
}

/** Hears pictures that are dropped or pasted on an element. @param {HTMLElement} place @param {(blob: Blob) => unknown} take */
export function watchPictures(place, take) {
  const over = (/** @type {boolean} */ on) => place.classList.toggle("dropping", on);
  const picture = (/** @type {DataTransfer | null} */ data) => [...(data?.files ?? [])].find(({ type }) => type.startsWith("image/")) ?? data?.files[0];
  place.addEventListener("dragover", (event) => (event.preventDefault(), over(true)));
  place.addEventListener("dragleave", (event) => over(event.relatedTarget instanceof Node && place.contains(event.relatedTarget)));
  place.addEventListener("drop", (event) => {
    event.preventDefault();
    event.stopPropagation();
    over(false);
    const blob = picture(event.dataTransfer);
    if (blob) take(blob);
  });
  const paste = (/** @type {ClipboardEvent} */ event) => {
    if (!place.isConnected) return document.removeEventListener("paste", paste);
    const blob = event.clipboardData && [...event.clipboardData.files].find(({ type }) => type.startsWith("image/"));
    if (!blob || event.defaultPrevented) return;
    event.preventDefault();
    take(blob);
  };
  document.addEventListener("paste", paste);
}

customElements.define("image-picker", ImagePicker);
