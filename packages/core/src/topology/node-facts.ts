import { emptySet, type IndexSet } from "../set/index-set.ts";
import { setOf } from "../set/list-format.ts";
import type { HugepagePool, MemoryNode } from "./topology.ts";

/**
 * What a node is known to have. Where nobody told, these are empty: use them for what is surely
 * there, and never to conclude that a node lacks something (`cpus === ""`, `hugepages.length === 0`
 * say that).
 */

/** The CPUs that a node is known to have. */
export function knownCpus({ cpus }: Pick<MemoryNode, "cpus">): IndexSet {
  return cpus === null ? emptySet : setOf(cpus);
}

/** The pools of huge pages that a node is known to have. */
export function knownPools({ hugepages }: Pick<MemoryNode, "hugepages">): readonly HugepagePool[] {
  return hugepages ?? [];
}
