import type { Inventory } from "../inventory/inventory.ts";
import type { NodeSpace } from "../space/space.ts";
import { greatestRest } from "./best-rest.ts";

/**
 * What the memory of equal cells costs: the mean path over all of it (`cost/placement-cost.ts`), of
 * which each cell adds its part. How much memory a cell has depends on its place in the set alone,
 * and where that lies too; so a part is known by place and node, whatever the other nodes are.
 */
export interface PlaceCost {
  /** What the cell at this place adds when it is on this node, by position. */
  readonly at: (place: number, node: number) => number;
  /** What the cells from this place on add at least, on nodes from this position on. */
  readonly rest: (place: number, from: number) => number;
}

/** The paths from each node's CPUs to the memory that every cell is interleaved over. */
export interface InterleavedPaths {
  /** How many nodes the memory is on. */
  readonly over: number;
  /** At node * (over + 1) + k: those to the first k of them, summed. */
  readonly sums: Float64Array;
}

export function interleavedPaths(
  nodes: readonly NodeSpace[],
  over: readonly number[],
  { relations, nodePosition }: Inventory,
): InterleavedPaths {
  const paths = relations.memoryPaths();
  const targets = over.map((id) => nodePosition.get(id) ?? -1);
  const width = over.length + 1;
  const sums = new Float64Array(nodes.length * width);
  for (const [i, { id }] of nodes.entries()) {
    const row = paths[nodePosition.get(id) ?? -1];
    for (const [k, target] of targets.entries()) {
      sums[i * width + k + 1] = (sums[i * width + k] ?? 0) + (row?.[target] ?? 1);
    }
  }
  return { over: over.length, sums };
}

/**
 * Of memory that is interleaved evenly, what does not divide going to the first nodes. The first
 * `granules % count` cells have one granule more than the others. Of cells still to come the larger
 * ones add least on the nodes with the shortest paths, and the others on the next.
 */
export function interleavedCost(
  { over, sums }: InterleavedPaths,
  granules: number,
  count: number,
): PlaceCost {
  const nodes = sums.length / (over + 1);
  const [share, larger] = [Math.floor(granules / count), granules % count];
  const costs = (of: number): Float64Array =>
    Float64Array.from({ length: nodes }, (_, node) => {
      const path = (k: number): number => sums[node * (over + 1) + k] ?? 0;
      return (Math.floor(of / over) * path(over) + path(of % over)) / granules;
    });
  const [small, large] = [costs(share), costs(share + 1)];
  // Per granule, so that one order of the nodes serves both.
  const shortest = greatestRest(
    small.map((cost, node) => -Math.min(cost / share, (large[node] ?? 0) / (share + 1))),
    count,
  );
  return {
    at: (place, node) => (place < larger ? large[node] : small[node]) ?? 0,
    rest: (place, from) => {
      const row = from * (count + 1);
      const all = shortest[row + count - place] ?? 0;
      const ofLarger = place < larger ? (shortest[row + larger - place] ?? 0) : 0;
      return -(share * all + ofLarger);
    },
  };
}
