import { at } from "../../../unit/list.ts";
import { entryAt, type Matrix, matrixOf, rowOf, setEntry } from "../../../unit/matrix.ts";
import { read, type Vector, vectorOf, write } from "../../../unit/vector.ts";

/*
 * Bounds on all sets of `count` nodes that begin with some chosen nodes (`node-sets.ts`): an upper
 * bound on their amounts, and lower bounds on their memory cost and their sum of distances.
 *
 * The first two keep running sums by place, so they must be called in the order of the search: for
 * a node at one place after the nodes at the places before it.
 */

/** An amount that the nodes of a set must have together. */
export interface NodeNeed {
  readonly total: number;
  readonly has: Vector;
}

/**
 * Whether the set can still reach an amount: its nodes so far, this one at this place, and the best
 * of the nodes to come have enough together.
 */
export function canSuffice(
  { total, has }: NodeNeed,
  count: number,
): (place: number, node: number) => boolean {
  const rest = greatestRest(has, count);
  // sums[p]: what the nodes at the places before p have.
  const sums = vectorOf(count + 1);
  return (place, node) => {
    const sum = read(sums, place) + read(has, node);
    write(sums, place + 1, sum);
    return sum + entryAt(rest, node + 1, count - place - 1) >= total;
  };
}

/**
 * A lower bound on the set's sum of values: its nodes so far, this one at this place, and the least
 * of the nodes to come.
 */
export function leastTogether(
  least: Vector,
  count: number,
): (place: number, node: number) => number {
  // Negated, so that the greatest are the least.
  const rest = greatestRest(
    least.map((some) => -some),
    count,
  );
  // sums[p]: the values of the nodes at the places before p.
  const sums = vectorOf(count + 1);
  return (place, node) => {
    const sum = read(sums, place) + read(least, node);
    write(sums, place + 1, sum);
    return sum - entryAt(rest, node + 1, count - place - 1);
  };
}

/**
 * The sums of the greatest values to come: in row `from`, column `k`, the sum of the `k` greatest
 * values from position `from` on, or of all where there are fewer.
 *
 * The greatest from one position on are those from the next, with one more put in its place; so the
 * table costs as much as it is large.
 */
function greatestRest(values: Vector, count: number): Matrix {
  const sums = matrixOf(values.length + 1, count + 1, () => 0);
  // In descending order; beyond the `count` greatest they are dropped.
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

/** The distances between some nodes, by their positions among them. */
export interface Distances {
  readonly between: Matrix;
  /** For each node the others, nearest first. */
  readonly nearest: readonly (readonly number[])[];
}

/** @param distance between two nodes by id, both ways added. */
export function distancesOf(
  nodes: readonly number[],
  distance: (a: number, b: number) => number,
): Distances {
  const between = matrixOf(nodes.length, nodes.length, (a, b) =>
    a === b ? 0 : distance(at(nodes, a), at(nodes, b)),
  );
  const nearest = between.map((row, a) =>
    [...row.keys()].filter((b) => b !== a).toSorted((x, y) => read(row, x) - read(row, y)),
  );
  return { between, nearest };
}

/** A lower bound on the sum of the distances in a set that is built node by node. */
export interface LeastDistanceSum {
  /** Forgets the sums from this place on: another node is there now. */
  readonly change: (place: number) => void;
  /** The bound with these nodes chosen, by position. */
  readonly least: (chosen: readonly number[]) => number;
}

/**
 * The distance sum of a set is half the sum, over its nodes, of the distances to the others. For
 * one node that sum is at least the sum of its `count - 1` nearest, and at least the sum to the
 * nodes chosen so far plus its nearest for the missing ones. The bound is exact wherever near nodes
 * come in equal groups, and for a complete set.
 *
 * A bound costs one pass over the chosen nodes for each node chosen since the last one. Sums are
 * made only when a bound is asked for, so a search that has no incumbent yet pays nothing.
 */
export function leastDistanceSum({ between, nearest }: Distances, count: number): LeastDistanceSum {
  // In row k, for each node the sum of its k nearest distances; Infinity where there are fewer.
  const near = matrixOf(count, nearest.length, () => 0);
  for (const [a, others] of nearest.entries()) {
    for (let k = 1; k < count; k++) {
      const more = k > others.length ? Infinity : entryAt(between, a, at(others, k - 1));
      setEntry(near, k, a, entryAt(near, k - 1, a) + more);
    }
  }
  const alone = rowOf(near, count - 1);
  const leastAlone = Math.min(...alone);
  // sums[p][q]: with places 0 to p chosen, the distances from the node at place q to the others.
  const sums = matrixOf(count, count, () => 0);
  let made = 0;
  const make = (chosen: readonly number[], place: number): void => {
    const distances = rowOf(between, at(chosen, place));
    const before = place === 0 ? distances : rowOf(sums, place - 1);
    const row = rowOf(sums, place);
    let own = 0;
    for (let q = 0; q < place; q++) {
      const distance = read(distances, at(chosen, q));
      write(row, q, read(before, q) + distance);
      own += distance;
    }
    write(row, place, own);
  };
  return {
    change: (place) => {
      made = Math.min(made, place);
    },
    least: (chosen) => {
      for (; made < chosen.length; made++) make(chosen, made);
      const missing = count - chosen.length;
      const soFar = rowOf(sums, chosen.length - 1);
      const toCome = rowOf(near, missing);
      let all = missing === 0 ? 0 : missing * leastAlone;
      for (let q = 0; q < chosen.length; q++) {
        const node = at(chosen, q);
        all += Math.max(read(soFar, q) + read(toCome, node), read(alone, node));
      }
      return all / 2;
    },
  };
}
