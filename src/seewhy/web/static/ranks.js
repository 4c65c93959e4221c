// @ts-check
/** How far two maps agree on which pixels matter: Spearman's rank correlation. Knows numbers. */

/** @type {WeakMap<Float32Array, Float64Array>} ranks minus their mean, scaled to length 1, of maps met before */
const known = new WeakMap();

/** From −1 to 1; NaN where a map is constant, for it ranks nothing. @param {Float32Array} one @param {Float32Array} other */
export function rankCorrelation(one, other) {
  const [a, b] = [ranks(one), ranks(other)];
  let sum = 0;
  for (let i = 0; i < a.length; i++) sum += a[i] * b[i];
  return Math.max(-1, Math.min(1, sum));
}

/** Equal values share their mean rank. @param {Float32Array} values */
function ranks(values) {
  const found = known.get(values);
  if (found) return found;
  const order = Uint32Array.from(values, (_, i) => i).sort((a, b) => values[a] - values[b]);
  const result = new Float64Array(values.length);
  const middle = (values.length - 1) / 2;
  let length = 0;
  for (let start = 0, end = 0; start < order.length; start = end) {
    while (end < order.length && values[order[end]] === values[order[start]]) end++;
    const rank = (start + end - 1) / 2 - middle;
    for (let i = start; i < end; i++) result[order[i]] = rank;
    length += (end - start) * rank * rank;
  }
  for (let i = 0; i < result.length; i++) result[i] /= Math.sqrt(length);
  known.set(values, result);
  return result;
}
