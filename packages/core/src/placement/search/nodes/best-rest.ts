import { at } from "../../../unit/list.ts";
import { type Matrix, matrixOf, setEntry } from "../../../unit/matrix.ts";
import type { Vector } from "../../../unit/vector.ts";

/**
 * What the best that are still to come have of something together: in row `from`, column `k`, the
 * sum of the `k` greatest values from position `from` on. Where there are not so many it is that of
 * all.
 *
 * The greatest from one position on are those from the next, with one more put in its place; so the
 * table costs as much as it is large.
 */
export function greatestRest(values: Vector, count: number): Matrix {
  const sums = matrixOf(values.length + 1, count + 1, () => 0);
  // In descending order; what is beyond the `count` greatest is dropped.
  const greatest: number[] = [];
  for (const [from, value] of [...values.entries()].toReversed()) {
    const place = greatest.findIndex((other) => other < value);
    greatest.splice(place < 0 ? greatest.length : place, 0, value);
    if (greatest.length > count) greatest.pop();
    let sum = 0;
    for (let k = 1; k <= count; k++) {
      if (k <= greatest.length) sum += at(greatest, k - 1);
      setEntry(sums, from, k, sum);
    }
  }
  return sums;
}
