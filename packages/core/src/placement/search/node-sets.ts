import type { Effort } from "./effort.ts";

/** What to leave out of the enumeration before it is complete. */
export interface NodePruning {
  /** Whether a set of at least this spread could still matter. */
  readonly open: (spread: number) => boolean;
  /** Nodes of one kind are interchangeable as the host stands. */
  readonly kinds: ReadonlyMap<number, string>;
  readonly effort: Effort;
}

/**
 * Shows to `visit` which nodes could hold a request that has no accelerators to follow: the sets
 * of `count` of them, in the order of their ids, of which `open` does not say that their spread is
 * too large to matter; and of sets that differ by interchangeable nodes the first alone.
 *
 * A set is extended in ascending order and its beginning given up when the sum of distances can no
 * longer be small enough. A set's spread is half the sum, over its nodes, of the distances to
 * the others; for a node that sum is at least that of its `count - 1` nearest, and no less than
 * what it has already: a bound that is exact wherever near nodes come in equal groups.
 */
export function visitNodeSets(
  nodes: readonly number[],
  count: number,
  distance: (a: number, b: number) => number,
  { open, kinds, effort }: NodePruning,
  visit: (set: readonly number[]) => void,
): void {
  const sorted = new Map(
    nodes.map((a) => [
      a,
      nodes
        .filter((b) => b !== a)
        .map((b) => distance(a, b))
        .toSorted((x, y) => x - y),
    ]),
  );
  const nearest = (node: number, howMany: number): number =>
    (sorted.get(node) ?? []).slice(0, howMany).reduce((a, b) => a + b, 0);
  const leastAlone = Math.min(...nodes.map((node) => nearest(node, count - 1)));
  const chosen: number[] = [];
  const bound = (): number => {
    const ofChosen = chosen.map((a) => {
      const known = chosen.reduce((sum, b) => sum + (a === b ? 0 : distance(a, b)), 0);
      return Math.max(nearest(a, count - 1), known + nearest(a, count - chosen.length));
    });
    const rest = (count - chosen.length) * leastAlone;
    return (ofChosen.reduce((a, b) => a + b, 0) + rest) / 2;
  };
  const kindOf = nodes.map((node) => kinds.get(node));
  const before = kindOf.map((kind, i) => kindOf.slice(0, i).lastIndexOf(kind));
  const extend = (from: number): void => {
    if (chosen.length === count) {
      visit([...chosen]);
      return;
    }
    for (let i = from; i <= nodes.length - (count - chosen.length); i++) {
      const node = nodes[i];
      const previous = nodes[before[i] ?? -1];
      if (node === undefined || (previous !== undefined && !chosen.includes(previous))) continue;
      if (!effort.spend()) return;
      chosen.push(node);
      if (open(bound())) extend(i + 1);
      chosen.pop();
    }
  };
  extend(0);
}
