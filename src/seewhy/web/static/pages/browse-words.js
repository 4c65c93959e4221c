// @ts-check
/** What Browse says about an image and writes into a file. Knows items, no screen. */

/** @typedef {import("../api.js").Item} Item */

/** @param {Item} item @returns {import("../elements/image-grid.js").Tile} */
export function tile({ address, label_name: label, predicted_name: called, score = 0, correct }) {
  const sure = `${(100 * score).toFixed(1)} percent`;
  const told = correct === false ? `labelled ${label}, called ${called}, ${sure}` : `called ${called}, ${sure}${correct ? "" : ", label unknown"}`;
  return { key: address, title: `${address}: ${told}`, share: score, mark: correct === false ? `✗ ${label}` : undefined };
}

/** @param {{ accuracy: number | null, labelled: number, count: number }} facts @param {string} data @param {string} set */
export function sentence({ accuracy, labelled, count }, data, set) {
  if (accuracy === null) return `${count.toLocaleString()} images of ${data}, ${set}; their classes are not known`;
  return `${labelled.toLocaleString()} images of ${data}, ${set}: ${(100 * accuracy).toFixed(2)} % right`;
}

/** The list as a table for other programs. @param {Item[]} items */
export function csv(items) {
  const rows = items.map(({ address, label_name: label, predicted_name: called, score, correct }) => [address, label ?? "", called ?? "", score?.toFixed(6) ?? "", correct ?? ""]);
  return [["address", "label", "predicted", "score", "correct"], ...rows].map((row) => row.map(quoted).join(",")).join("\r\n") + "\r\n";
}

/** @param {unknown} value */
const quoted = (value) => (/[",\r\n]/.test(String(value)) ? `"${String(value).replaceAll('"', '""')}"` : String(value));
