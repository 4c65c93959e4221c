// @ts-check
/** What of the evidence is the same whatever stands for nothing: baselines to try, and what survives them all. Knows numbers and schemas. */

const NAMES = ["baseline", "fill"]; // what methods call the picture that they compare with

/** The setting that a sweep changes and its usual values; null where the method compares with nothing.
 * @param {{ settings: any }} method @param {string} [sample] a picture of a data set @returns {{ setting: string, choices: string[] } | null} */
export function baselines({ settings }, sample = "") {
  const setting = NAMES.find((name) => settings?.properties?.[name]);
  if (!setting) return null;
  const rule = settings.properties[setting];
  const usual = (rule.enum ?? rule.examples ?? []).filter((/** @type {unknown} */ one) => one !== "mean" && typeof one === "string");
  const choices = rule.image && sample ? [...usual, `mean:${sample.replace(/\/\d+$/, "")}`, sample] : usual;
  return choices.length > 1 ? { setting, choices } : null;
}

/** Pixel by pixel the weakest value where all maps have one sign, with that sign; 0 where they have not. @param {Float32Array[]} maps */
export function surviving(maps) {
  return maps[0].map((_, i) => {
    let [low, high] = [Infinity, -Infinity];
    for (const map of maps) [low, high] = [Math.min(low, map[i]), Math.max(high, map[i])];
    return low > 0 ? low : high < 0 ? high : 0;
  });
}

/** The strength of what survives, as a share of the mean strength of the maps. @param {Float32Array[]} maps */
export function share(maps) {
  const strength = (/** @type {Float32Array} */ map) => map.reduce((sum, value) => sum + Math.abs(value), 0);
  const mean = maps.reduce((sum, map) => sum + strength(map), 0) / maps.length;
  return mean ? strength(surviving(maps)) / mean : 0;
}
