import { at } from "../../../unit/list.ts";
import type { Device } from "../../inventory/devices.ts";
import type { Space } from "../../space/space.ts";

/** A fabric partition whose accelerators are all free. */
export interface FreePartition {
  readonly id: number;
  /** The positions of its accelerators among the candidates, ascending. */
  readonly set: readonly number[];
}

/**
 * The fabric partitions of the size asked for whose accelerators are all free and connected as
 * asked, in the order of their sets. A host that declares partitions gives no other sets away.
 */
export function freePartitions(
  { topology, request }: Space,
  devices: readonly Device[],
  connected: (a: number, b: number) => boolean,
): readonly FreePartition[] {
  const { count } = request.accelerators;
  const position = new Map(devices.map(({ address }, i) => [address, i]));
  return topology.partitions
    .filter((partition) => partition.accelerators.length === count)
    .map(({ id, accelerators: members }) => ({
      id,
      set: members
        .flatMap((address) => position.get(address) ?? [])
        .toSorted((first, second) => first - second),
    }))
    .filter(({ set }) => set.length === count)
    .filter(({ set }) => set.every((a) => set.every((b) => a >= b || connected(a, b))))
    .toSorted((a, b) => compareSets(a.set, b.set) || a.id - b.id);
}

/** The lexicographic order of two sets of one size. */
function compareSets(a: readonly number[], b: readonly number[]): number {
  for (const [i, value] of a.entries()) {
    const difference = value - at(b, i);
    if (difference !== 0) return difference;
  }
  return 0;
}
