import type { NodeParts } from "@evenkeel/core/topology/build.ts";
import type { HugepagePool, MemoryKind } from "@evenkeel/core/topology/topology.ts";
import {
  emptySet,
  type IndexSet,
  indices,
  isDisjoint,
  isSubset,
  size,
  union,
  unionAll,
} from "@evenkeel/core/set/index-set.ts";
import { formatList } from "@evenkeel/core/set/list-format.ts";
import { attribute, childrenNamed, type XmlElement } from "@evenkeel/core/xml/element.ts";
import { type HwlocExport, type HwlocObject, objectsOf, readCount, unexpected } from "./object.ts";

/** A memory node with its own CPUs. */
export interface HwlocNode {
  readonly id: number;
  /** The machine itself where hwloc 1 shows no nodes. */
  readonly object: HwlocObject;
  readonly cpus: IndexSet;
  readonly kind: MemoryKind | null;
}

/**
 * Assigns each CPU to the one memory node that the kernel has it on.
 *
 * From version 2 on, hwloc gives a node without CPUs (HBM, CXL, a GPU's memory) the CPUs that are
 * near it, and those CPUs are also on one or several nodes of their own. So the nodes are taken in
 * ascending order of their CPU sets: a set that overlaps an earlier one is not the node's own. If
 * several nodes have the same set, the CPUs belong to the node with DRAM or unknown memory and then
 * to the lowest number, because firmware's affinity table lists processors first and the kernel
 * numbers nodes in that order.
 */
export function readNodes(hwloc: HwlocExport): readonly HwlocNode[] {
  const objects = objectsOf(hwloc, "NUMANode");
  // hwloc 1 has no object for the memory of a machine that is not NUMA.
  const [only] = objects.length === 0 ? [hwloc.root] : [];
  if (only !== undefined) return [{ id: 0, object: only, cpus: only.cpus ?? emptySet, kind: null }];
  const nodes = objects.map((object) => ({
    object,
    id: numberOf(object, hwloc.where),
    near: object.cpus ?? emptySet,
    kind: memoryKind(object),
  }));
  const plain = (kind: MemoryKind | null): number => (kind === null || kind === "dram" ? 0 : 1);
  const bySize = nodes.toSorted(
    (a, b) => size(a.near) - size(b.near) || plain(a.kind) - plain(b.kind) || a.id - b.id,
  );
  const own = new Map<HwlocObject, IndexSet>();
  let taken = emptySet;
  for (const { object, near } of bySize) {
    if (!isDisjoint(taken, near)) continue;
    own.set(object, near);
    taken = union(taken, near);
  }
  return nodes.map(({ id, object, kind }) => ({
    id,
    object,
    cpus: own.get(object) ?? emptySet,
    kind,
  }));
}

function numberOf({ osIndex }: HwlocObject, where: string): number {
  if (osIndex === null) throw unexpected("has a NUMA node without a number", where);
  return osIndex;
}

/** The nodes in the form that a Topology is built from. */
export function nodeParts(hwloc: HwlocExport, nodes: readonly HwlocNode[]): NodeParts[] {
  const memory = nodes.map(({ object }) => readCount(attribute(object.element, "local_memory")));
  const packageOf = packageOfCpus(hwloc);
  // hwloc omits both zero and unknown. If any node has memory, a missing value means zero.
  const known = memory.some((bytes) => bytes !== null && bytes > 0);
  const placed = unionAll(nodes.map(({ cpus }) => cpus));
  // CPUs near a node that are on no other may be its own, or another's that shares them.
  const isTold = ({ object }: HwlocNode): boolean =>
    object.cpus !== null && isSubset(object.cpus, placed);
  return nodes.map(({ id, object, cpus, kind }, i) => ({
    id,
    package: packageOf(cpus),
    cpus: isTold({ id, object, cpus, kind }) ? formatList(cpus) : null,
    memoryBytes: memory[i] ?? (known ? 0 : null),
    sideCacheBytes: sideCache(object),
    kind,
    hugepages: hugepages(object.element),
  }));
}

/** In hwloc 2 a memory-side cache is the node's parent object. */
function sideCache({ parent }: HwlocObject): number | null {
  if (parent?.type !== "MemCache") return null;
  const bytes = readCount(attribute(parent.element, "cache_size"));
  return bytes === 0 ? null : bytes;
}

/** The base page's size: the smallest page size of any node; null where none is listed. */
export function basePageBytes(hwloc: HwlocExport): number | null {
  const listed = (hwloc.infos.get("PageSizes") ?? "").split(",").map(readCount);
  const counted = hwloc.objects.flatMap(({ element }) =>
    pageTypes(element).map(({ bytes }) => bytes),
  );
  const sizes = [...listed, ...counted].filter((bytes) => bytes !== null);
  const smallest = sizes.length === 0 ? null : Math.min(...sizes);
  return smallest !== null && smallest <= 65_536 ? smallest : null;
}

/**
 * Every page size except the base page's; null where the export lists none, as some programs print
 * it. hwloc counts all pages of a size and does not say how many are free.
 */
function hugepages(element: XmlElement): HugepagePool[] | null {
  const types = pageTypes(element);
  if (types.length === 0) return null;
  return types
    .toSorted((a, b) => a.bytes - b.bytes)
    .slice(1)
    .map(({ bytes, count }) => ({ sizeBytes: bytes, total: count, free: null }));
}

function pageTypes(element: XmlElement): { readonly bytes: number; readonly count: number }[] {
  return childrenNamed(element, "page_type").flatMap((page) => {
    const bytes = readCount(attribute(page, "size"));
    const count = readCount(attribute(page, "count"));
    return bytes === null || bytes === 0 || count === null ? [] : [{ bytes, count }];
  });
}

/**
 * hwloc's names of memory kinds. Specific-purpose memory (SPM) is not listed because it may be of
 * any kind.
 */
const memoryKinds: ReadonlyMap<string, MemoryKind> = new Map([
  ["DRAM", "dram"],
  ["HBM", "hbm"],
  ["MCDRAM", "hbm"],
  ["CXL-DRAM", "cxl"],
  ["NVM", "pmem"],
  ["CXL-NVM", "pmem"],
  ["GPUMemory", "gpu"],
]);

function memoryKind({ element, infos }: HwlocObject): MemoryKind | null {
  const name = attribute(element, "subtype") ?? infos.get("Type") ?? infos.get("DAXType") ?? "";
  return memoryKinds.get(name) ?? null;
}

/** Returns the one number that the CPUs have in common; null where they have none or several. */
export type NumberOf = (cpus: IndexSet) => number | null;

/** The node of a set of CPUs; CPUs on no node are ignored. */
export function nodeOfCpus(nodes: readonly HwlocNode[]): NumberOf {
  return commonNumber(nodes.map(({ id, cpus }) => ({ number: id, cpus })));
}

/** The package of a set of CPUs. */
function packageOfCpus(hwloc: HwlocExport): NumberOf {
  return commonNumber(
    objectsOf(hwloc, "Package").map(({ osIndex, cpus }) => ({ number: osIndex, cpus })),
  );
}

/** One lookup for each CPU, so the cost is the size of the set, whatever the number of nodes. */
function commonNumber(
  sets: readonly { readonly number: number | null; readonly cpus: IndexSet | null }[],
): NumberOf {
  const byCpu = new Map<number, number | null>();
  for (const { number, cpus } of sets) {
    for (const cpu of indices(cpus ?? emptySet)) byCpu.set(cpu, number);
  }
  return (cpus) => {
    const found = new Set(
      indices(cpus)
        .filter((cpu) => byCpu.has(cpu))
        .map((cpu) => byCpu.get(cpu) ?? null),
    );
    const [only] = found;
    return found.size === 1 ? (only ?? null) : null;
  };
}
