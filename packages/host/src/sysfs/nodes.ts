import {
  difference,
  emptySet,
  has,
  INDEX_MAX,
  type IndexSet,
  indexSet,
  indices,
  intersection,
  isEmpty,
  union,
} from "@evenkeel/core/set/index-set.ts";
import { formatList } from "@evenkeel/core/set/list-format.ts";
import type { NodeParts } from "@evenkeel/core/topology/build.ts";
import type { Access, MemoryKind } from "@evenkeel/core/topology/topology.ts";
import type { Tree } from "../tree/tree.ts";
import { readHugepages } from "./hugepages.ts";
import { type NodeMemory, readMemoryKinds } from "./memory-kind.ts";
import { cpuDirectory } from "./processors.ts";
import { indexedNames, memoryField, readIndex, readSet } from "./values.ts";

export const nodeDirectory = "/sys/devices/system/node";

/** A node while the machine is read, with its CPUs as a set. */
export interface NodeCpus {
  readonly id: number;
  readonly cpus: IndexSet;
}

/**
 * Which CPUs lie on which node, by ascending node. A kernel without NUMA has no node directory: its
 * machine is one node, 0, with every CPU. What a node claims beyond the online CPUs is left out.
 *
 * For Linux a CPU lies on one node. Where two claim the same CPU, at least one is wrong and nothing
 * tells which, so the CPU is given to neither.
 */
export function readNodeCpus(tree: Tree, online: IndexSet): NodeCpus[] {
  const ids = onlineNodes(tree);
  if (ids.length === 0) return [{ id: 0, cpus: online }];
  const claims = new Map(ids.map((id) => [id, claimOf(tree, id)]));
  const [only] = ids;
  const untold = [...claims.values()].includes(null);
  // The only node has every CPU, even where it does not say so itself.
  const places = !untold
    ? new Map<number, IndexSet>()
    : ids.length === 1 && only !== undefined
      ? new Map([[only, online]])
      : claimsOfCpus(tree, online);
  const claimed = ids.map((id) => {
    const claim = claims.get(id) ?? places.get(id) ?? emptySet;
    return { id, cpus: intersection(claim, online) };
  });
  let once = emptySet;
  let twice = emptySet;
  for (const { cpus } of claimed) {
    twice = union(twice, intersection(once, cpus));
    once = union(once, cpus);
  }
  return claimed.map(({ id, cpus }) => ({ id, cpus: difference(cpus, twice) }));
}

/** Those with a directory; one that is switched off and kept its directory is none. */
function onlineNodes(tree: Tree): number[] {
  const recorded = indexedNames(tree, nodeDirectory, "node");
  const online = readSet(tree, nodeDirectory, ["online"]);
  const found = online === null ? [] : recorded.filter((id) => has(online, id));
  // A list that names none of them was not recorded with them.
  return found.length > 0 ? found : recorded;
}

/** What a node says are its CPUs: in a list, a mask, or links to them. Null when it does not say. */
function claimOf(tree: Tree, id: number): IndexSet | null {
  const directory = `${nodeDirectory}/node${id}`;
  const said = readSet(tree, directory, ["cpulist", "cpumap"]);
  if (said !== null) return said;
  const linked = indexedNames(tree, directory, "cpu").filter((cpu) => cpu <= INDEX_MAX);
  return linked.length === 0 ? null : indexSet(linked);
}

/** The same from the other side: the directory of a CPU has a link to its node. */
function claimsOfCpus(tree: Tree, online: IndexSet): ReadonlyMap<number, IndexSet> {
  const members = new Map<number, number[]>();
  for (const cpu of indices(online)) {
    for (const node of indexedNames(tree, `${cpuDirectory}/cpu${cpu}`, "node")) {
      members.set(node, [...(members.get(node) ?? []), cpu]);
    }
  }
  return new Map([...members].map(([node, cpus]) => [node, indexSet(cpus)]));
}

/** The nodes' memory, which counts huge pages in, and the pools of those. */
export function readNodes(
  tree: Tree,
  nodes: readonly NodeCpus[],
  access: readonly Access[],
): NodeParts[] {
  const whole = (): string | null => tree.readText("/proc/meminfo");
  const memory = nodes.map(({ id, cpus }): NodeMemory => {
    const meminfo = tree.readText(`${nodeDirectory}/node${id}/meminfo`);
    const ofNode = memoryField(meminfo, "MemTotal");
    // The only node has all the memory there is, even where it does not say so itself.
    const memoryBytes =
      ofNode === null && nodes.length === 1 ? memoryField(whole(), "MemTotal") : ofNode;
    return { id, hasCpus: !isEmpty(cpus), memoryBytes };
  });
  const bytesOf = new Map(memory.map(({ id, memoryBytes }) => [id, memoryBytes]));
  const kinds = readMemoryKinds(tree, memory, access);
  return nodes.map(({ id, cpus }) => {
    const memoryBytes = bytesOf.get(id) ?? null;
    const kind: MemoryKind | null = kinds.get(id) ?? null;
    const hugepages = readHugepages(tree, id, nodes.length === 1);
    const sideCacheBytes = readSideCache(tree, id);
    return { id, cpus: formatList(cpus), memoryBytes, sideCacheBytes, kind, hugepages };
  });
}

/**
 * Documentation/admin-guide/mm/numaperf.rst ("NUMA Cache"): what HMAT says of a memory-side cache, in
 * bytes. Of several levels the first stands next to the memory.
 */
function readSideCache(tree: Tree, id: number): number | null {
  const directory = `${nodeDirectory}/node${id}/memory_side_cache`;
  const [level] = indexedNames(tree, directory, "index");
  const bytes = level === undefined ? null : readIndex(tree, `${directory}/index${level}/size`);
  return bytes === 0 ? null : bytes;
}
