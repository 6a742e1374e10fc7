import { type IndexSet, intersection, isEmpty, isSubset, lowest } from "../../set/index-set.ts";
import { setOf } from "../../set/list-format.ts";
import type { Core } from "../../topology/topology.ts";

/** The part of a core that a command may run on. */
export interface UsableCore {
  readonly core: Core;
  /** Never empty. */
  readonly cpus: IndexSet;
  /** Whether the command may use all of its threads. */
  readonly isWhole: boolean;
  /** Names the core for everybody on this machine, whatever part of it they may use. */
  readonly first: number;
}

/** The cores with any of these CPUs, by ascending lowest CPU. */
export function usableCores(cores: readonly Core[], allowed: IndexSet): readonly UsableCore[] {
  return cores
    .flatMap((core): UsableCore[] => {
      const all = setOf(core.cpus);
      const [cpus, first] = [intersection(all, allowed), lowest(all)];
      if (isEmpty(cpus) || first === null) return [];
      return [{ core, cpus, isWhole: isSubset(all, allowed), first }];
    })
    .toSorted((a, b) => a.first - b.first);
}

/** A known number's place; what nobody told comes last. */
export function orderOf(value: number | null): number {
  return value === null ? Number.MAX_SAFE_INTEGER : value;
}
