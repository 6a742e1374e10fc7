import type { Space } from "../space/space.ts";
import { interleaveNodes } from "./fit.ts";
import { evenPart } from "./split.ts";

/**
 * What paths to a cell's memory cost at least: those of its vCPUs and those of its accelerators, each
 * with its weight. The cell's own node is as near as any memory, and costs 1.
 */
export type LeastMemory = (
  home: number,
  units: number,
  granules: number,
  vcpuWeight: number,
  deviceWeight: number,
) => number;

export const ownMemory: LeastMemory = (_home, _units, _granules, vcpus, devices) => vcpus + devices;

/** Of memory that is interleaved, which lies in equal parts on all nodes, the first ones' larger. */
export function interleavedMemory(space: Space): LeastMemory {
  const { relations, nodePosition } = space.inventory;
  const paths = relations.memoryPaths();
  const over = interleaveNodes(space).map((id) => nodePosition.get(id) ?? -1);
  const path = (home: number, granules: number): number => {
    const row = paths[nodePosition.get(home) ?? -1];
    let sum = 0;
    for (let i = 0; i < over.length; i++) {
      sum += evenPart(granules, over.length, i) * (row?.[over[i] ?? -1] ?? 1);
    }
    return sum / granules;
  };
  return (home, _units, granules, vcpus, devices) => (vcpus + devices) * path(home, granules);
}

/**
 * Of a cell that may stray. With the part p of its cores and the part h of its memory at home, a core
 * elsewhere pays `into` at least for memory at home, memory elsewhere costs a core or a device at
 * home `outOf` at least, and a core and memory that are both elsewhere may be together. That is
 * linear in p and in h, so it is least at a corner: nothing at home, or as much as its node has.
 */
export function strayingMemory({ nodes, inventory }: Space): LeastMemory {
  const paths = inventory.relations.memoryPaths();
  const least = (at: number, path: (other: number) => number): number =>
    Math.min(...nodes.map((_, other) => (other === at ? Infinity : path(other))));
  // Of each node that is asked about.
  const around: ({ readonly into: number; readonly outOf: number } | undefined)[] = [];
  return (home, units, granules, vcpus, devices) => {
    const at = inventory.nodePosition.get(home) ?? -1;
    const p = Math.min(1, Math.max(0, nodes[at]?.units ?? 0) / units);
    const h = Math.min(1, (nodes[at]?.granules ?? 0) / granules);
    // Nothing is nearer than home, so with all of it there nothing else can be less.
    if (p === 1 && h === 1) return vcpus + devices;
    const { into, outOf } = (around[at] ??= {
      into: least(at, (other) => paths[other]?.[at] ?? 1),
      outOf: least(at, (other) => paths[at]?.[other] ?? 1),
    });
    const cost = (cores: number, memory: number): number =>
      vcpus *
        (memory * (cores + part(1 - cores, into)) +
          part(1 - memory, part(cores, outOf) + 1 - cores)) +
      devices * (memory + part(1 - memory, outOf));
    return Math.min(cost(0, 0), cost(p, 0), cost(0, h), cost(p, h));
  };
}

/** A part of something, which may be none of what there is nothing of. */
const part = (of: number, value: number): number => (of === 0 ? 0 : of * value);
