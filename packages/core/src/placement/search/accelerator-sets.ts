import type { Interconnect } from "../../topology/interconnect.ts";
import type { LinkDemand } from "../../request/virtual-machine.ts";
import type { FreeDevice } from "../space/devices.ts";
import type { Space } from "../space/space.ts";

/** A set of accelerators to consider, by address. */
export interface AcceleratorSet {
  readonly accelerators: readonly FreeDevice[];
  /** The fabric partition that it is; null where the host declares none. */
  readonly partition: number | null;
}

/** What to leave out of the enumeration before it is complete. */
export interface Pruning {
  /** On how many different nodes the accelerators may lie. */
  readonly maxNodes: number;
  /** Whether a beginning of a set can still lead to a wanted one; `positions` index the candidates. */
  readonly promising: (positions: readonly number[]) => boolean;
}

/**
 * Every set of accelerators that could serve the request, in the order of their addresses.
 *
 * On a host that declares fabric partitions these are the partitions of the right size; elsewhere
 * all combinations whose pairs are connected as demanded. Combinations are extended one
 * accelerator at a time in ascending order, so a beginning that has too many nodes, a wrong pair,
 * or no promise takes all its continuations with it.
 */
export function* acceleratorSets(
  space: Space,
  candidates: readonly FreeDevice[],
  connected: (a: number, b: number) => boolean,
  pruning: Pruning,
): Generator<AcceleratorSet> {
  const { count } = space.request.accelerators;
  if (space.topology.partitions.length > 0) {
    yield* partitionSets(space, candidates, connected, pruning);
    return;
  }
  const chosen: number[] = [];
  function* extend(from: number): Generator<AcceleratorSet> {
    if (chosen.length === count) {
      yield { accelerators: chosen.flatMap((i) => candidates[i] ?? []), partition: null };
      return;
    }
    for (let i = from; i <= candidates.length - (count - chosen.length); i++) {
      if (!chosen.every((earlier) => connected(earlier, i))) continue;
      chosen.push(i);
      if (withinNodes(candidates, chosen, pruning.maxNodes) && pruning.promising(chosen)) {
        yield* extend(i + 1);
      }
      chosen.pop();
    }
  }
  yield* extend(0);
}

function* partitionSets(
  space: Space,
  candidates: readonly FreeDevice[],
  connected: (a: number, b: number) => boolean,
  pruning: Pruning,
): Generator<AcceleratorSet> {
  const position = new Map(candidates.map((device, i) => [device.address, i]));
  const sets = space.topology.partitions
    .filter((partition) => partition.accelerators.length === space.request.accelerators.count)
    .map(({ id, accelerators }) => ({
      id,
      positions: accelerators
        .flatMap((address) => position.get(address) ?? [])
        .toSorted((a, b) => a - b),
      free: accelerators.every((address) => position.has(address)),
    }))
    .toSorted((a, b) => compareLists(a.positions, b.positions) || a.id - b.id);
  for (const { id, positions, free } of sets) {
    const paired = positions.every((a) => positions.every((b) => a >= b || connected(a, b)));
    const wanted = free && paired && withinNodes(candidates, positions, pruning.maxNodes);
    if (!wanted || !pruning.promising(positions)) continue;
    yield { accelerators: positions.flatMap((i) => candidates[i] ?? []), partition: id };
  }
}

function withinNodes(
  candidates: readonly FreeDevice[],
  positions: readonly number[],
  maxNodes: number,
): boolean {
  const nodes = new Set(positions.map((i) => candidates[i]?.node ?? null));
  nodes.delete(null);
  return nodes.size <= maxNodes;
}

function compareLists(a: readonly number[], b: readonly number[]): number {
  for (const [i, value] of a.entries()) {
    if (value !== b[i]) return value - (b[i] ?? Infinity);
  }
  return a.length - b.length;
}

/** Whether an interconnect is what the request's `link` asks of every pair. */
export function satisfiesLink(interconnect: Interconnect | null, demand: LinkDemand): boolean {
  switch (demand) {
    case "any":
      return true;
    case "nvlink":
      return interconnect !== null && /^(NV|XGMI)/.test(interconnect);
    case "switch":
      return interconnect === "PIX";
  }
}
