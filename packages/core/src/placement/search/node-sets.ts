import type { Effort } from "./effort.ts";

/** What to leave out of the enumeration before it is complete. */
export interface NodePruning {
  /** Whether a set of at least this spread could still matter. */
  readonly open: (spread: number) => boolean;
  /** Nodes of one kind are interchangeable as the host stands. */
  readonly kinds: ReadonlyMap<number, string>;
  /** What each node has of what the set must have in all; none where nothing need be on its nodes. */
  readonly needs: readonly NodeNeed[];
  readonly effort: Effort;
}

export interface NodeNeed {
  readonly total: number;
  /** In the nodes' order. */
  readonly has: readonly number[];
}

/**
 * Shows to `visit` which nodes could hold a request that has no accelerators to follow: the sets
 * of `count` of them, in the order of their ids, of which `open` does not say that their spread is
 * too large to matter; and of sets that differ by interchangeable nodes the first alone.
 *
 * A set is extended in ascending order and its beginning given up when the sum of distances can no
 * longer be small enough, or when not even the largest of the nodes to come make up what is needed.
 * A set's spread is half the sum, over its nodes, of the distances to the others; for a node that
 * sum is at least that of its `count - 1` nearest, and no less than what it has already: a bound
 * that is exact wherever near nodes come in equal groups.
 */
export function visitNodeSets(
  nodes: readonly number[],
  count: number,
  distance: (a: number, b: number) => number,
  { open, kinds, needs, effort }: NodePruning,
  visit: (set: readonly number[]) => void,
): void {
  const apart = nodes.map((a) => nodes.map((b) => (a === b ? 0 : distance(a, b))));
  // nearest[i][k]: the sum of node i's k nearest distances.
  const nearest = apart.map((row, i) => sums(row.filter((_, j) => j !== i).toSorted(ascending)));
  const leastAlone = Math.min(...nearest.map((row) => row[count - 1] ?? Infinity));
  const chosen: number[] = [];
  // For each chosen node, the distances to the other chosen ones.
  const known: number[] = [];
  const bound = (): number => {
    let all = (count - chosen.length) * leastAlone;
    for (const [at, i] of chosen.entries()) {
      const rest = nearest[i]?.[count - chosen.length] ?? 0;
      all += Math.max(nearest[i]?.[count - 1] ?? 0, (known[at] ?? 0) + rest);
    }
    return all / 2;
  };
  const push = (i: number): void => {
    let own = 0;
    for (const [at, j] of chosen.entries()) {
      const between = apart[i]?.[j] ?? 0;
      known[at] = (known[at] ?? 0) + between;
      own += between;
    }
    chosen.push(i);
    known.push(own);
  };
  const pop = (): void => {
    const i = chosen.pop() ?? -1;
    known.pop();
    for (const [at, j] of chosen.entries()) known[at] = (known[at] ?? 0) - (apart[i]?.[j] ?? 0);
  };
  const sufficient = needs.map((need) => sufficiency(need, nodes.length));
  const kindOf = nodes.map((node) => kinds.get(node));
  const before = kindOf.map((kind, i) => kindOf.slice(0, i).lastIndexOf(kind));
  const extend = (from: number): boolean => {
    if (chosen.length === count) {
      visit(chosen.map((i) => nodes[i] ?? -1));
      return true;
    }
    for (let i = from; i <= nodes.length - (count - chosen.length); i++) {
      const previous = before[i] ?? -1;
      if (previous >= 0 && !chosen.includes(previous)) continue;
      if (!effort.spend(8 + 2 * chosen.length)) return false;
      push(i);
      const missing = count - chosen.length;
      const enough = sufficient.every((suffices) => suffices(chosen, i + 1, missing));
      if (enough && open(bound()) && !extend(i + 1)) return false;
      pop();
    }
    return true;
  };
  extend(0);
}

const ascending = (a: number, b: number): number => a - b;

/** sums[k]: the sum of the first k values. */
function sums(values: readonly number[]): readonly number[] {
  const all = [0];
  for (const value of values) all.push((all.at(-1) ?? 0) + value);
  return all;
}

/** Whether the chosen nodes and the `missing` largest from `from` on have enough together. */
function sufficiency(
  { total, has }: NodeNeed,
  nodes: number,
): (chosen: readonly number[], from: number, missing: number) => boolean {
  // largest[from][k]: the sum of the k largest from there on, looked up when it is first asked.
  const largest: (readonly number[] | undefined)[] = Array.from({ length: nodes + 1 });
  return (chosen, from, missing) => {
    let sum = 0;
    for (const i of chosen) sum += has[i] ?? 0;
    const rest = (largest[from] ??= sums(has.slice(from).toSorted((a, b) => b - a)));
    return sum + (rest[missing] ?? 0) >= total;
  };
}
