import type { NodeParts } from "@evenkeel/core/topology/build.ts";
import type { HugepagePool, MemoryKind } from "@evenkeel/core/topology/topology.ts";
import {
  emptySet,
  type IndexSet,
  indices,
  isDisjoint,
  size,
  union,
} from "@evenkeel/core/set/index-set.ts";
import { formatList } from "@evenkeel/core/set/list-format.ts";
import { attribute, childrenNamed, type XmlElement } from "@evenkeel/core/xml/element.ts";
import { type HwlocExport, type HwlocObject, objectsOf, readCount, unexpected } from "./object.ts";

/** A memory node with the CPUs that are its own. */
export interface HwlocNode {
  readonly id: number;
  /** The machine itself where hwloc 1 shows no nodes. */
  readonly object: HwlocObject;
  readonly cpus: IndexSet;
  readonly kind: MemoryKind | null;
}

/**
 * The memory nodes, each with its own CPUs.
 *
 * From version 2 on, hwloc gives a node without CPUs (HBM, CXL, a GPU's memory) the CPUs that it is
 * near to. Topology wants each CPU on the one node that the kernel has it on. A node's own CPUs lie
 * on no other node, and the CPUs that a node without any is near to are those of one or several
 * nodes that have some. So nodes are taken from the smallest set up: a set that overlaps one taken
 * before is no node's own. Of several nodes with one and the same set, the CPUs belong to the
 * plainest memory and then to the lowest number, since firmware's table of affinities lists
 * processors first and the kernel numbers nodes in that order.
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
  if (osIndex === null) throw unexpected("has a memory node without a number", where);
  return osIndex;
}

/** The nodes as Topology has them. */
export function nodeParts(hwloc: HwlocExport, nodes: readonly HwlocNode[]): NodeParts[] {
  const memory = nodes.map(({ object }) => readCount(attribute(object.element, "local_memory")));
  const packageOf = packageOfCpus(hwloc);
  // Zero is left out of the file, and so is what nobody has read.
  const known = memory.some((bytes) => bytes !== null && bytes > 0);
  return nodes.map(({ id, object, cpus, kind }, i) => ({
    id,
    package: packageOf(cpus),
    cpus: formatList(cpus),
    memoryBytes: memory[i] ?? (known ? 0 : null),
    sideCacheBytes: sideCache(object),
    kind,
    hugepages: hugepages(object.element),
  }));
}

/** hwloc 2 puts a memory-side cache between a node and what it is attached to. */
function sideCache({ parent }: HwlocObject): number | null {
  if (parent?.type !== "MemCache") return null;
  const bytes = readCount(attribute(parent.element, "cache_size"));
  return bytes === 0 ? null : bytes;
}

/** The base page's size, the smallest that any node counts; null where none is listed. */
export function basePageBytes(hwloc: HwlocExport): number | null {
  const listed = (hwloc.infos.get("PageSizes") ?? "").split(",").map(readCount);
  const counted = hwloc.objects.flatMap(({ element }) =>
    pageTypes(element).map(({ bytes }) => bytes),
  );
  const sizes = [...listed, ...counted].filter((bytes) => bytes !== null);
  const smallest = sizes.length === 0 ? null : Math.min(...sizes);
  return smallest !== null && smallest <= 65_536 ? smallest : null;
}

/** Every size but the base page's; hwloc counts all pages of a size and does not tell the free ones. */
function hugepages(element: XmlElement): HugepagePool[] {
  return pageTypes(element)
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

/** What hwloc calls the memory; specific-purpose memory (SPM) may be of any kind. */
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

/** Of any CPUs, the one number that they all have in common; null where they have none or several. */
export type NumberOf = (cpus: IndexSet) => number | null;

/** The node that CPUs lie on. Those that lie on no node are not asked. */
export function nodeOfCpus(nodes: readonly HwlocNode[]): NumberOf {
  return commonNumber(nodes.map(({ id, cpus }) => ({ number: id, cpus })));
}

/** The package that CPUs lie in. */
function packageOfCpus(hwloc: HwlocExport): NumberOf {
  return commonNumber(
    objectsOf(hwloc, "Package").map(({ osIndex, cpus }) => ({ number: osIndex, cpus })),
  );
}

/** Each CPU is looked up, so that the cost is that of the sets' sizes, however many there are. */
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
