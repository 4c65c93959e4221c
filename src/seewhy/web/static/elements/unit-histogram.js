// @ts-check
/** How a unit's values are spread over a data set: bars, the bound as a line with its side shaded, and the picture in question. Knows numbers. */

/** @typedef {{ edges: number[], train: number[], test: number[], threshold: number, op: ">=" | "<=", key: number | null, words: string }} Data */

const [W, H, FOOT] = [280, 74, 14];
const SPACE = "http://www.w3.org/2000/svg";

export class UnitHistogram extends HTMLElement {
  /** @param {Data | null} data */
  set data(data) {
    this.replaceChildren();
    if (!data) return;
    const { edges, train, test, threshold, op, key, words } = data;
    const [low, high] = [edges[0], edges[edges.length - 1]];
    const x = (/** @type {number} */ value) => (W * (Math.max(low, Math.min(high, value)) - low)) / (high - low || 1);
    const share = (/** @type {number[]} */ counts) => counts.map((count) => count / Math.max(1, counts.reduce((a, b) => a + b, 0)));
    const [one, other] = [share(train), share(test)];
    const top = Math.sqrt(Math.max(...one, ...other, 1e-9));
    const y = (/** @type {number} */ value) => H - FOOT - ((H - FOOT - 4) * Math.sqrt(value)) / top; // square roots: rare values are seen too
    const svg = draw("svg", { viewBox: `0 0 ${W} ${H}`, role: "img", "aria-label": words });
    const [from, to] = op === ">=" ? [x(threshold), W] : [0, x(threshold)];
    svg.append(draw("rect", { class: "side", x: from, y: 0, width: Math.max(0, to - from), height: H - FOOT }));
    one.forEach((value, at) => svg.append(draw("rect", { class: "bar", x: x(edges[at]) + 0.5, y: y(value), width: Math.max(0.5, x(edges[at + 1]) - x(edges[at]) - 1), height: H - FOOT - y(value) })));
    svg.append(draw("path", { class: "line", d: other.map((value, at) => `${at ? "L" : "M"}${x((edges[at] + edges[at + 1]) / 2).toFixed(1)},${y(value).toFixed(1)}`).join("") }));
    svg.append(draw("line", { class: "bound", x1: x(threshold), x2: x(threshold), y1: 0, y2: H - FOOT }));
    if (key !== null) svg.append(draw("path", { class: "key", d: `M${x(key)},${H - FOOT} l-5,8 h10 z` }));
    const ends = [[low, "start", 0], [high, "end", W]];
    for (const [value, anchor, at] of ends) svg.append(Object.assign(draw("text", { x: Number(at), y: H - 2, "text-anchor": String(anchor) }), { textContent: Number(value).toPrecision(3) }));
    this.append(svg);
  }
}

/** @param {string} name @param {Record<string, string | number>} attributes */
function draw(name, attributes) {
  const node = document.createElementNS(SPACE, name);
  for (const [key, value] of Object.entries(attributes)) node.setAttribute(key, String(value));
  return node;
}

customElements.define("unit-histogram", UnitHistogram);
