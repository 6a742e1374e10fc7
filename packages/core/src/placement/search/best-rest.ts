/**
 * What the best nodes that are still to come have of something together: at
 * `from * (count + 1) + k` the sum of the `k` greatest values from position `from` on. Where there
 * are not so many it is that of all.
 *
 * The greatest from one position on are those from the next, with one more put in its place; so the
 * table costs as much as it is large.
 */
export function greatestRest(values: Float64Array, count: number): Float64Array {
  const width = count + 1;
  const sums = new Float64Array((values.length + 1) * width);
  // In descending order; what is beyond the `count` greatest is dropped.
  const greatest = new Float64Array(width);
  let known = 0;
  for (let from = values.length - 1; from >= 0; from--) {
    const value = values[from] ?? 0;
    let at = known;
    for (; at > 0 && (greatest[at - 1] ?? 0) < value; at--) greatest[at] = greatest[at - 1] ?? 0;
    greatest[at] = value;
    if (known < count) known++;
    let sum = 0;
    for (let k = 1; k <= count; k++) {
      if (k <= known) sum += greatest[k - 1] ?? 0;
      sums[from * width + k] = sum;
    }
  }
  return sums;
}
