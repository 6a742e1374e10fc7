import type { FreeCore } from "../space/cores.ts";

/**
 * Which cores of a node a cell gets: those that touch the fewest last-level caches, among such the
 * ones that leave the fewest free cores behind in the caches they touch, among such the lowest.
 * So VMs share caches as little as possible and whole caches stay free for the next.
 *
 * Cores of one cache are interchangeable, so only the set of caches is a choice: a subset-sum over
 * their free counts. `reach[i]` holds, for the caches from the i-th on, the sums that n of them can
 * make, so a set is built front to back, taking each cache in whenever the rest can still complete
 * it: the lowest set. Caches × count × sum, some thousand steps for the largest nodes sold.
 */
export function chooseCores(free: readonly FreeCore[], wanted: number): readonly FreeCore[] {
  const caches = byCache(free);
  const sizes = caches.map((cores) => cores.length);
  const target = smallestCover(sizes, wanted);
  const chosen = target === null ? [] : lowestSubset(sizes, target.count, target.sum);
  return chosen.flatMap((i) => caches[i] ?? []).slice(0, wanted);
}

/** Free cores grouped by cache in order of their lowest core; each core of an unknown cache is its own. */
function byCache(free: readonly FreeCore[]): readonly (readonly FreeCore[])[] {
  const groups = Map.groupBy(free, (core) => (core.l3 === null ? `core ${core.id}` : core.l3));
  return [...groups.values()];
}

interface Cover {
  readonly count: number;
  readonly sum: number;
}

/** The fewest sizes whose sum reaches `wanted`, and the smallest such sum of that many. */
function smallestCover(sizes: readonly number[], wanted: number): Cover | null {
  const largest = sizes.toSorted((a, b) => b - a);
  let count = 0;
  for (let sum = 0; sum < wanted; count++) {
    const next = largest[count];
    if (next === undefined) return null;
    sum += next;
  }
  const sums = reachable(sizes)[0]?.[count] ?? new Set<number>();
  const enough = [...sums].filter((sum) => sum >= wanted);
  return { count, sum: Math.min(...enough) };
}

/** `reachable(sizes)[i][n]`: the sums of any n of the sizes from the i-th on. */
function reachable(sizes: readonly number[]): readonly (readonly Set<number>[])[] {
  let rows: Set<number>[][] = [[new Set([0])]];
  for (const size of sizes.toReversed()) {
    const [after = []] = rows;
    const row = [...after, new Set<number>()].map(
      (sums, n) => new Set([...sums, ...[...(after[n - 1] ?? [])].map((sum) => sum + size)]),
    );
    rows = [row, ...rows];
  }
  return rows;
}

/** The positions of the first, in lexicographic order, of the subsets with that count and sum. */
function lowestSubset(sizes: readonly number[], count: number, sum: number): number[] {
  const reach = reachable(sizes);
  const chosen: number[] = [];
  let [n, rest] = [count, sum];
  for (const [i, size] of sizes.entries()) {
    if (n > 0 && reach[i + 1]?.[n - 1]?.has(rest - size) === true) {
      chosen.push(i);
      n--;
      rest -= size;
    }
  }
  return chosen;
}
