import { at } from "../../../unit/list.ts";
import type { Device } from "../../inventory/devices.ts";

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
export function shelfOfEach(shelves: readonly Shelf[], candidates: number): readonly number[] {
  const shelfOf = Array.from({ length: candidates }, () => 0);
  for (const [s, { members }] of shelves.entries()) for (const i of members) shelfOf[i] = s;
  return shelfOf;
}

/**
 * Whether any accelerator of one shelf is connected with any of another; of a shelf with itself,
 * whether any two of its own are.
 */
export type ConnectedShelves = (s: number, t: number) => boolean;

export function connectedShelves(
  shelves: readonly Shelf[],
  connected: (a: number, b: number) => boolean,
): ConnectedShelves {
  const table = shelves.map(({ members }) =>
    shelves.map((other) =>
      members.some((a) => other.members.some((b) => a !== b && connected(a, b))),
    ),
  );
  return (s, t) => at(at(table, s), t);
}
