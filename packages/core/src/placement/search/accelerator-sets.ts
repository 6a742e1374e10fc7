import type { Device } from "../inventory/devices.ts";
import type { Space } from "../space/space.ts";
import { type Effort, effort } from "./effort.ts";
import { acceleratorKinds, twinNodes } from "./kinds.ts";

/** A set of accelerators to consider, by address. */
export interface AcceleratorSet {
  readonly accelerators: readonly Device[];
  /** The fabric partition that it is; null where the host declares none. */
  readonly partition: number | null;
}

/** What to leave out of the enumeration before it is complete. */
export interface Pruning {
  /** Whether a beginning of a set can be completed at all; `positions` index the candidates. */
  readonly reaches: (positions: readonly number[]) => boolean;
  /** Whether it can still lead to one that matters. */
  readonly promising: (positions: readonly number[]) => boolean;
  /** Candidates of one kind are interchangeable as the host stands. */
  readonly kinds: readonly string[];
  /** For nodes that are interchangeable with one before them, that one. */
  readonly twins: ReadonlyMap<number, number>;
  readonly effort: Effort;
}

/** No pruning but by kinds. */
export function allSets(space: Space, candidates: readonly Device[]): Pruning {
  return {
    reaches: () => true,
    promising: () => true,
    kinds: acceleratorKinds(space, candidates),
    twins: twinNodes(space, candidates),
    effort: effort(),
  };
}

/**
 * Shows every set of accelerators that could serve the request to `visit`, in the order of their
 * addresses, and of sets that differ by interchangeable accelerators the first alone. Ends when
 * `visit` says false.
 *
 * On a host that declares fabric partitions these are the partitions of the right size; elsewhere
 * all combinations whose pairs are connected as demanded. Combinations are extended one
 * accelerator at a time in ascending order, so a beginning that cannot be completed, has a wrong
 * pair, or no promise takes all its continuations with it. Of each kind the first ones are taken: a set
 * that passes one over and has a later one of its kind can be made from one without such a gap by
 * swaps, which comes before it and differs in nothing else. It is the same with whole nodes: a set
 * that leaves one out and begins on its twin has been there, by the swap of the two.
 */
export function visitAcceleratorSets(
  space: Space,
  candidates: readonly Device[],
  connected: (a: number, b: number) => boolean,
  pruning: Pruning,
  visit: (set: AcceleratorSet) => boolean,
): void {
  const { count } = space.request.accelerators;
  if (space.topology.partitions.length > 0) {
    visitPartitions(space, candidates, connected, pruning, visit);
    return;
  }
  const { kinds, twins } = pruning;
  const before = kinds.map((kind, i) => kinds.slice(0, i).lastIndexOf(kind));
  const chosen: number[] = [];
  const isOn = (node: number): boolean => chosen.some((i) => candidates[i]?.node === node);
  const repeats = (i: number): boolean => {
    const previous = before[i] ?? -1;
    if (previous >= 0 && !chosen.includes(previous)) return true;
    const node = candidates[i]?.node ?? null;
    const twin = node === null ? undefined : twins.get(node);
    return node !== null && twin !== undefined && !isOn(twin) && !isOn(node);
  };
  const extend = (from: number): boolean => {
    if (chosen.length === count) {
      return visit({ accelerators: chosen.flatMap((i) => candidates[i] ?? []), partition: null });
    }
    for (let i = from; i <= candidates.length - (count - chosen.length); i++) {
      if (repeats(i)) continue;
      if (!pruning.effort.spend(4 * (candidates.length + chosen.length))) return false;
      if (!chosen.every((earlier) => connected(earlier, i))) continue;
      chosen.push(i);
      const open = pruning.reaches(chosen) && pruning.promising(chosen);
      if (open && !extend(i + 1)) return false;
      chosen.pop();
    }
    return true;
  };
  if (pruning.reaches([])) extend(0);
}

function visitPartitions(
  space: Space,
  candidates: readonly Device[],
  connected: (a: number, b: number) => boolean,
  pruning: Pruning,
  visit: (set: AcceleratorSet) => boolean,
): void {
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
    const wanted = free && paired && pruning.reaches(positions);
    if (!wanted || !pruning.promising(positions)) continue;
    if (!visit({ accelerators: positions.flatMap((i) => candidates[i] ?? []), partition: id })) {
      return;
    }
  }
}

function compareLists(a: readonly number[], b: readonly number[]): number {
  for (const [i, value] of a.entries()) {
    if (value !== b[i]) return value - (b[i] ?? Infinity);
  }
  return a.length - b.length;
}
