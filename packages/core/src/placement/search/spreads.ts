import type { Effort } from "./effort.ts";
import { keepLeast } from "./least.ts";
import type { Shelf } from "./shelves.ts";

/** How many accelerators a set has from each shelf. */
export type Spread = readonly number[];

/** Which spreads to look at. */
export interface SpreadLimits {
  /** Of how many accelerators. */
  readonly count: number;
  /** Per shelf, how many its node could carry. */
  readonly most: readonly number[];
  /** For nodes that are interchangeable with one before them, that one. */
  readonly twins: ReadonlyMap<number, number>;
  /** Which two shelves may be used together (`connectedShelves`); null where all may. */
  readonly together: Uint8Array | null;
  readonly effort: Effort;
}

/** Over how many nodes exactly, and what to do with each; the array that is shown changes later. */
export type VisitSpreads = (cells: number, visit: (spread: Spread) => boolean) => void;

/**
 * Shows to `visit` every way in which a set of accelerators can lie on nodes, so many on each:
 * thousands of sets lie alike, and whether their nodes can hold them, and most of what they cost,
 * depends on nothing else. Ends when `visit` says false.
 *
 * Shelves are gone through in order and the most is tried first. A beginning is given up when the
 * shelves to come cannot make up what is missing on as many nodes as are left, or when two shelves
 * may not be used together. A spread that leaves
 * a node out and uses its twin has been there, by the swap of the two. Accelerators of unknown node
 * add no node, unless there are no others: then their cell may be anywhere.
 */
export function spreadsOf(
  shelves: readonly Shelf[],
  { count, most: mostOfEach, twins, together, effort }: SpreadLimits,
): VisitSpreads {
  const total = shelves.length;
  const most = mostOfEach.map((some, s) =>
    together !== null && together[s * total + s] === 0 ? Math.min(some, 1) : some,
  );
  const rooms = roomsFrom(shelves, most);
  const width = shelves.length + 1;
  const twinOf = shelves.map(({ node }) => {
    const twin = node === null ? undefined : twins.get(node);
    return twin === undefined ? -1 : shelves.findIndex((shelf) => shelf.node === twin);
  });
  const counts = shelves.map(() => 0);
  const mayJoin = (s: number): boolean => {
    if (together === null) return true;
    for (let t = 0; t < s; t++) {
      if ((counts[t] ?? 0) > 0 && together[t * total + s] === 0) return false;
    }
    return true;
  };
  return (cells, visit) => {
    const extend = (s: number, missing: number, nodes: number): boolean => {
      if (missing === 0) {
        const isAnywhere =
          cells === 1 && shelves.every(({ node }, i) => node === null || !counts[i]);
        return nodes > 0 && !isAnywhere ? true : visit(counts);
      }
      if (!effort.spend(4)) return false;
      const isNode = shelves[s]?.node !== null;
      const twin = twinOf[s] ?? -1;
      const isOpen = isNode ? nodes > 0 && (twin < 0 || (counts[twin] ?? 0) > 0) : true;
      // Each of the other nodes needs one at least.
      const others = isNode ? nodes - 1 : cells === 1 ? 0 : nodes;
      let some = isOpen && mayJoin(s) ? Math.min(most[s] ?? 0, missing - others) : 0;
      // What is left must find room on the shelves to come.
      const room = rooms[(s + 1) * width + (isNode ? nodes - 1 : nodes)] ?? 0;
      for (; some > 0 && missing - some <= room; some--) {
        counts[s] = some;
        if (!extend(s + 1, missing - some, isNode ? nodes - 1 : nodes)) return false;
      }
      counts[s] = 0;
      return missing > (rooms[(s + 1) * width + nodes] ?? 0) || extend(s + 1, missing, nodes);
    };
    counts.fill(0);
    if (count <= (rooms[cells] ?? 0)) extend(0, count, cells);
  };
}

/** At s * (shelves + 1) + n: the most accelerators from shelf s on, over n nodes. */
function roomsFrom(shelves: readonly Shelf[], most: readonly number[]): Float64Array {
  const width = shelves.length + 1;
  // Beyond the last shelf there is no room.
  const rooms = new Float64Array((shelves.length + 1) * width);
  // The largest first, as the least of what is negative.
  const largest = new Float64Array(shelves.length);
  let unknown = 0;
  for (let s = shelves.length - 1; s >= 0; s--) {
    if (shelves[s]?.node === null) unknown += most[s] ?? 0;
    else keepLeast(largest, -(most[s] ?? 0));
    let room = unknown;
    rooms[s * width] = room;
    for (let n = 1; n < width; n++) rooms[s * width + n] = room -= largest[n - 1] ?? 0;
  }
  return rooms;
}
