// @ts-check
/** Pictures to start with, and the neighbours of one in its data set. Knows data sets through the API it is given. */

/** @typedef {import("../elements/image-picker.js").ImagePicker} ImagePicker */
/** @typedef {typeof import("../api.js")} Api */
/** @typedef {import("../api.js").Dataset} Dataset */

const TILE = 64;

/** Gives a picker its samples, and further ones when it asks. @param {ImagePicker} picker @param {import("../app.js").App} app @param {number} count */
export async function fill(picker, app, count) {
  const { api, model } = app;
  const say = (/** @type {Error} */ problem) => app.status(problem.message, "bad");
  const sets = await sources(api, model?.datasets ?? []).catch(say) ?? [];
  let [set, page] = [sets[0], 0];
  const show = () => set && samples(api, set, count, page).then((found) => (picker.samples = found), say);
  picker.sources = sets;
  picker.addEventListener("source", (event) => {
    const { detail: { name } } = /** @type {CustomEvent} */ (event);
    [set, page] = [sets.find((one) => one.name === name) ?? set, 0];
    show();
  });
  picker.addEventListener("more", () => (page++, show()));
  await show();
}

/** Data sets that are here and have the model's classes come first. @param {Api} api @param {string[]} wanted names */
async function sources(api, wanted) {
  const here = (await api.datasets()).filter(({ available, splits }) => available && Object.keys(splits).length);
  return here.sort((a, b) => Number(wanted.includes(b.name)) - Number(wanted.includes(a.name)));
}

/** @param {Dataset} set */
const lastSplit = ({ splits }) => (splits.test === undefined ? Object.keys(splits)[0] : "test");

/** Pictures of different classes from one data set, further ones each time. @param {Api} api @param {Dataset} set @param {number} count @param {number} [page] */
async function samples(api, set, count, page = 0) {
  const split = lastSplit(set);
  const cursor = (page * 50) % Math.max(1, set.splits[split] - 50);
  const { items } = await api.items(set.name, split, { limit: 50, cursor });
  const seen = new Set();
  const different = items.filter(({ label }) => !seen.has(label) && seen.add(label));
  const chosen = [...different, ...items.filter((item) => !different.includes(item))].slice(0, count);
  return {
    items: chosen.map(({ address, label_name: label }) => ({ address, title: label === null ? address : `${address}, labelled ${label}` })),
    sheet: api.spriteURL(chosen.map(({ address }) => address), TILE, count), columns: count, tile: TILE,
  };
}

/** The address before or after this one, round and round; null where there is no order. @param {Api} api @param {string} address @param {number} step */
export async function neighbour(api, address, step) {
  const [, name = "", split = "", index = ""] = /^([^/]+)\/([^/]+)\/(\d+)$/.exec(address) ?? [];
  const size = (await api.datasets()).find((set) => set.name === name)?.splits[split];
  return size ? `${name}/${split}/${(Number(index) + step + size) % size}` : null;
}

/** Is this one of many in an order? @param {string} address */
export const hasNeighbours = (address) => /^[^/:]+\/[^/]+\/\d+$/.test(address);
