/** Puts a value among the least that have been seen, which stand in order, if it is one of them. */
export function keepLeast(least: Float64Array, value: number, length = least.length): void {
  let more = value;
  for (let k = 0; k < length; k++) {
    const other = least[k] ?? 0;
    if (more >= other) continue;
    least[k] = more;
    more = other;
  }
}

/** The sum of the first so many. */
export function sumOf(values: Float64Array, length: number): number {
  let sum = 0;
  for (let k = 0; k < length; k++) sum += values[k] ?? 0;
  return sum;
}
