import type { Device } from "../inventory/devices.ts";

/** The candidates that lie on one node, or whose node is unknown. */
export interface Shelf {
  readonly node: number | null;
  /** Their positions among all candidates, ascending. */
  readonly members: readonly number[];
}

/** All shelves, in the order of their first members. */
export function shelvesOf(candidates: readonly Device[]): readonly Shelf[] {
  const shelves = new Map<number | null, number[]>();
  for (const [i, { node }] of candidates.entries()) {
    const members = shelves.get(node);
    if (members === undefined) shelves.set(node, [i]);
    else members.push(i);
  }
  return [...shelves].map(([node, members]) => ({ node, members }));
}

/** The position of the shelf that each candidate is on. */
export function shelfOfEach(shelves: readonly Shelf[], candidates: number): Int32Array {
  const shelfOf = new Int32Array(candidates);
  for (const [s, { members }] of shelves.entries()) for (const i of members) shelfOf[i] = s;
  return shelfOf;
}

/**
 * Whether any of one shelf is connected with any of another, at s * shelves + t; of a shelf with
 * itself, whether any two of its own are.
 */
export function connectedShelves(
  shelves: readonly Shelf[],
  connected: (a: number, b: number) => boolean,
): Uint8Array {
  const table = new Uint8Array(shelves.length ** 2);
  for (const [s, { members }] of shelves.entries()) {
    for (const [t, other] of shelves.entries()) {
      const isAny = members.some((a) => other.members.some((b) => a !== b && connected(a, b)));
      if (isAny) table[s * shelves.length + t] = 1;
    }
  }
  return table;
}
