import {
  emptySet,
  has,
  INDEX_MAX,
  type IndexSet,
  indexSet,
  indices,
  intersection,
  isEmpty,
} from "@evenkeel/core/set/index-set.ts";
import { formatList } from "@evenkeel/core/set/list-format.ts";
import type { NodeParts } from "@evenkeel/core/topology/build.ts";
import type { Access, MemoryKind } from "@evenkeel/core/topology/topology.ts";
import type { Note } from "../text/note.ts";
import { type NodeClaim, withoutSharedCpus } from "../text/shared-cpus.ts";
import type { Tree } from "../tree/tree.ts";
import { readHugepages } from "./hugepages.ts";
import { type NodeMemory, readMemoryKinds } from "./memory-kind.ts";
import { cpuDirectory } from "./processors.ts";
import { indexedNames, memoryField, readIndex, readSet } from "./values.ts";

export const nodeDirectory = "/sys/devices/system/node";

/**
 * The online CPUs of each node, by ascending node. A kernel without NUMA has no node directory; its
 * machine is one node, 0, with every CPU.
 *
 * In Linux a CPU is on one node. A CPU that two nodes list is left out of both, because nothing
 * shows which is right, and `note` says so; a node that shares all its CPUs has unknown ones.
 */
export function readNodeCpus(tree: Tree, online: IndexSet, note: Note): NodeClaim[] {
  const ids = onlineNodes(tree);
  if (ids.length === 0) return [{ id: 0, cpus: online }];
  const claims = new Map(ids.map((id) => [id, claimOf(tree, id)]));
  const [only] = ids;
  const anyWithoutList = [...claims.values()].includes(null);
  // The only node has every CPU, even where its own files are missing.
  const places = !anyWithoutList
    ? new Map<number, IndexSet>()
    : ids.length === 1 && only !== undefined
      ? new Map([[only, online]])
      : claimsOfCpus(tree, online);
  const claimed = ids.map((id) => {
    const claim = claims.get(id) ?? places.get(id) ?? null;
    // The links of CPUs to their nodes tell of all nodes.
    const told = claim !== null || places.size > 0;
    return { id, cpus: told ? intersection(claim ?? emptySet, online) : null };
  });
  return withoutSharedCpus(claimed, tree.where, note);
}

/** The nodes that have a directory; an offline node that kept its directory is left out. */
function onlineNodes(tree: Tree): number[] {
  const recorded = indexedNames(tree, nodeDirectory, "node");
  const online = readSet(tree, nodeDirectory, ["online"]);
  const found = online === null ? [] : recorded.filter((id) => has(online, id));
  // A list that contains none of the directories does not belong to them.
  return found.length > 0 ? found : recorded;
}

/** The CPUs in a node's own files: a list, a mask, or links. Null where it has none. */
function claimOf(tree: Tree, id: number): IndexSet | null {
  const directory = `${nodeDirectory}/node${id}`;
  const listed = readSet(tree, directory, ["cpulist", "cpumap"]);
  if (listed !== null) return listed;
  const linked = indexedNames(tree, directory, "cpu").filter((cpu) => cpu <= INDEX_MAX);
  return linked.length === 0 ? null : indexSet(linked);
}

/** The node's CPUs from the CPUs' directories, each of which links to its node. */
function claimsOfCpus(tree: Tree, online: IndexSet): ReadonlyMap<number, IndexSet> {
  const members = new Map<number, number[]>();
  for (const cpu of indices(online)) {
    for (const node of indexedNames(tree, `${cpuDirectory}/cpu${cpu}`, "node")) {
      members.set(node, [...(members.get(node) ?? []), cpu]);
    }
  }
  return new Map([...members].map(([node, cpus]) => [node, indexSet(cpus)]));
}

/** The nodes' memory, huge pages included, and their pools of huge pages. */
export function readNodes(
  tree: Tree,
  nodes: readonly NodeClaim[],
  access: readonly Access[],
): NodeParts[] {
  const whole = (): string | null => tree.readText("/proc/meminfo");
  const freeOf = new Map<number, number | null>();
  const memory = nodes.map(({ id, cpus }): NodeMemory => {
    const meminfo = tree.readText(`${nodeDirectory}/node${id}/meminfo`);
    const ofNode = memoryField(meminfo, "MemTotal");
    // The only node has all memory, even where its own file is missing.
    const source = ofNode === null && nodes.length === 1 ? whole() : meminfo;
    const memoryBytes = memoryField(source, "MemTotal");
    freeOf.set(id, memoryField(source, "MemFree"));
    return { id, hasCpus: cpus === null || !isEmpty(cpus), memoryBytes };
  });
  const ids = nodes.map(({ id }) => id);
  const bytesOf = new Map(memory.map(({ id, memoryBytes }) => [id, memoryBytes]));
  const kinds = readMemoryKinds(tree, memory, access);
  return nodes.map(({ id, cpus }) => {
    const memoryBytes = bytesOf.get(id) ?? null;
    const kind: MemoryKind | null = kinds.get(id) ?? null;
    const pools = readHugepages(tree, id, ids);
    // A recording that leaves out a node's memory leaves out its pages.
    const hugepages = memoryBytes === null && pools?.length === 0 ? null : pools;
    const sideCacheBytes = readSideCache(tree, id);
    return {
      id,
      cpus: cpus === null ? null : formatList(cpus),
      memoryBytes,
      freeBytes: freeOf.get(id) ?? null,
      sideCacheBytes,
      kind,
      hugepages,
    };
  });
}

/**
 * The size of the HMAT's memory-side cache in bytes (Documentation/admin-guide/mm/numaperf.rst,
 * "NUMA Cache"). With several levels, the first is next to the memory.
 */
function readSideCache(tree: Tree, id: number): number | null {
  const directory = `${nodeDirectory}/node${id}/memory_side_cache`;
  const [level] = indexedNames(tree, directory, "index");
  const bytes = level === undefined ? null : readIndex(tree, `${directory}/index${level}/size`);
  return bytes === 0 ? null : bytes;
}
