// @ts-check
/** What a Fool link asks: picture, tab, true class, wanted class, and what the tab itself keeps; read, corrected and written. Knows labels, no element. */

import { below, oneOf, read } from "../route.js";

/** @typedef {import("../route.js").Rule} Rule */
/**
 * @typedef {object} Question
 * @property {string} image address, empty for none
 * @property {string} tab
 * @property {number | null} label the class that counts as true; null for the picture's own label, or what the model says
 * @property {number | null} goal the class to reach; null for any wrong one
 * @property {Record<string, any>} own what the tab keeps in the link, by its own keys
 */

const LONGEST = 20_000; // characters of an address: a drawing of 512 × 512

/**
 * @param {URLSearchParams} params @param {{ labels: string[], tabs: string[], rules: (tab: string) => Promise<Record<string, Rule>> }} known rules: of a tab's own keys
 * @returns {Promise<{ question: Question, corrections: string[] }>}
 */
export async function readQuestion(params, { labels, tabs, rules }) {
  const wanted = params.get("tab") ?? tabs[0];
  const tab = tabs.includes(wanted) ? wanted : tabs[0];
  const { values, corrections } = read(params, {
    ...(await rules(tab)),
    img: (text) => (text && text.length <= LONGEST ? text : undefined),
    tab: oneOf(tabs),
    label: below(labels.length),
    goal: below(labels.length),
  });
  const { img: image = "", tab: _, label = null, goal = null, ...own } = values;
  if (label !== null && label === goal) corrections.push(`a picture of “${labels[label]}” cannot be fooled into “${labels[label]}”`);
  return { question: { image, tab, label, goal: label === goal ? null : goal, own }, corrections };
}

/** @param {Question} question @param {string} first the tab that needs no word */
export function writeQuestion({ image, tab, label, goal, own }, first) {
  return { img: image, tab: tab === first ? undefined : tab, label, goal, ...own };
}
