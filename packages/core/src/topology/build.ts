import type { Calibration } from "../calibration/calibration.ts";
import { has, type IndexSet, isSubset, lowest } from "../set/index-set.ts";
import { formatList, parseList, setOf } from "../set/list-format.ts";
import { at } from "../unit/list.ts";
import { coreClassesOf } from "./core-classes.ts";
import { derivedInterconnects } from "./interconnect.ts";
import { comparePciAddresses } from "./pci-address.ts";
import { knownCpus } from "./node-facts.ts";
import type {
  Accelerator,
  Access,
  CacheAllocation,
  Core,
  L3Cache,
  Link,
  Machine,
  MemoryNode,
  Nic,
  Partition,
  PciDevice,
  StatedInterconnect,
  Topology,
  UnnumberedNode,
} from "./topology.ts";
import { unknownLast } from "./unknown-last.ts";
import { unknownParts, type unknownPorts } from "./unknown-settings.ts";

/** The facts that a reader found, in any order. */
export interface TopologyParts {
  readonly name: string;
  readonly source: string;
  readonly machine?: Partial<Machine>;
  readonly nodes?: readonly NodeParts[];
  /** May include those that say nothing, of one device without CPUs; they are left out. */
  readonly unnumberedNodes?: readonly UnnumberedNode[];
  /** Rows and columns in the order of `nodes` given here. */
  readonly distances?: readonly (readonly number[])[] | null;
  readonly access?: readonly Access[];
  readonly cores?: readonly CoreParts[];
  /** Their ids are the `l3` numbers of `cores` given here. */
  readonly l3Caches?: readonly L3Cache[];
  readonly cacheAllocation?: CacheAllocation | null;
  readonly offlineCpus?: string;
  readonly pci?: readonly PciDevice[];
  readonly accelerators?: readonly AcceleratorParts[];
  readonly nics?: readonly NicParts[];
  readonly links?: readonly Link[];
  /** May include classes that follow from the devices' places; those are left out. */
  readonly interconnects?: readonly StatedInterconnect[];
  readonly partitions?: readonly Partition[];
  readonly calibration?: Calibration | null;
}

/** An accelerator; most sources do not know about its parts, so those fields are optional. */
export type AcceleratorParts = Omit<Accelerator, keyof typeof unknownParts> &
  Partial<Pick<Accelerator, keyof typeof unknownParts>>;

/** A NIC; most sources do not know about its ports. */
export type NicParts = Omit<Nic, keyof typeof unknownPorts> & Partial<typeof unknownPorts>;

/** A node; by default its package is that of its cores, and most sources know no free memory. */
export type NodeParts = Omit<MemoryNode, "package" | "freeBytes" | "sideCacheBytes"> &
  Partial<Pick<MemoryNode, "package" | "freeBytes" | "sideCacheBytes">>;

/**
 * A core; by default its node is the one that holds all its CPUs, and its class unknown. Dies,
 * clusters and L3 caches may have any numbers that are distinct over the whole machine, classes any
 * that are lower for faster cores.
 */
export type CoreParts = Omit<Core, "id" | "node" | "class"> & Partial<Pick<Core, "node" | "class">>;

/**
 * Builds the Topology in its canonical form, so that two readings of one machine are equal: every
 * list in the order that `Topology` requires, distances permuted with their nodes, CPU lists
 * canonical, cores, dies, clusters and caches renumbered by their lowest CPU, classes of cores from
 * 0, links from the lower address.
 *
 * It only sorts and derives, and a device of unknown node is on the only node, where there is one.
 * Contradictions stay as they are, for `checkedTopology` to report. The cost is that of the sorts.
 */
export function buildTopology(parts: TopologyParts): Topology {
  const nodes = canonicalNodes(parts.nodes ?? []);
  const { cores, l3 } = canonicalCores(parts.cores ?? [], nodes);
  const packageOf = packagesOfNodes(cores);
  const pci = onOnlyNode(byAddress(parts.pci ?? []), nodes);
  const unnumberedNodes = canonicalUnnumbered(parts.unnumberedNodes ?? [], pci);
  return {
    apiVersion: "evenkeel/v1",
    kind: "Topology",
    name: parts.name,
    source: parts.source,
    machine: { ...unknownMachine, ...parts.machine },
    nodes: nodes.map(({ given, set: _set, id, ...node }) => ({
      id,
      package: given === undefined ? (packageOf.get(id) ?? null) : given,
      cpus: node.cpus,
      memoryBytes: node.memoryBytes,
      freeBytes: node.freeBytes,
      sideCacheBytes: node.sideCacheBytes,
      kind: node.kind,
      hugepages: node.hugepages,
    })),
    unnumberedNodes,
    distances: permutedDistances(parts),
    access: (parts.access ?? []).toSorted(compareAccess),
    cores,
    l3Caches: (parts.l3Caches ?? [])
      .map((cache) => ({ ...cache, id: l3(cache.id) ?? cache.id }))
      .toSorted((a, b) => a.id - b.id),
    cacheAllocation: parts.cacheAllocation ?? null,
    offlineCpus: canonicalList(parts.offlineCpus ?? ""),
    pci,
    accelerators: byAddress(parts.accelerators ?? []).map((one) => ({ ...unknownParts, ...one })),
    nics: byAddress(parts.nics ?? []).map((nic) => ({ ...nic, ports: nic.ports ?? null })),
    links: inOrder(parts.links ?? []),
    interconnects: canonicalInterconnects(parts.interconnects ?? [], { pci, unnumberedNodes }),
    partitions: (parts.partitions ?? [])
      .map((partition) => ({
        ...partition,
        accelerators: partition.accelerators.toSorted(comparePciAddresses),
      }))
      .toSorted((a, b) => a.id - b.id),
    calibration: parts.calibration ?? null,
  };
}

const unknownMachine: Machine = {
  vendor: null,
  product: null,
  cpuModel: null,
  architecture: null,
  pageBytes: null,
};

/** The canonical list string; a malformed text is left for the check to report. */
function canonicalList(text: string): string {
  const set = parseList(text);
  return set === null ? text : formatList(set);
}

function byAddress<T extends { readonly address: string }>(devices: readonly T[]): T[] {
  return devices.toSorted((a, b) => comparePciAddresses(a.address, b.address));
}

type NodeInProgress = Omit<MemoryNode, "package"> & {
  readonly set: IndexSet;
  /** The package that the reader gave, if it gave one. */
  readonly given: number | null | undefined;
};

function canonicalNodes(parts: readonly NodeParts[]): NodeInProgress[] {
  return parts
    .map(({ package: given, freeBytes = null, sideCacheBytes = null, ...node }) => ({
      ...node,
      freeBytes,
      sideCacheBytes,
      cpus: node.cpus === null ? null : canonicalList(node.cpus),
      hugepages: node.hugepages?.toSorted((a, b) => a.sizeBytes - b.sizeBytes) ?? null,
      set: knownCpus(node),
      given,
    }))
    .toSorted((a, b) => a.id - b.id);
}

function permutedDistances({ nodes = [], distances = null }: TopologyParts): Topology["distances"] {
  if (distances === null || distances.length !== nodes.length) return distances;
  if (distances.some((row) => row.length !== nodes.length)) return distances;
  const order = nodes
    .map((node, position) => ({ id: node.id, position }))
    .toSorted((a, b) => a.id - b.id);
  return order.map(({ position: row }) =>
    order.map(({ position: column }) => at(at(distances, row), column)),
  );
}

function compareAccess(a: Access, b: Access): number {
  return (
    a.initiator - b.initiator ||
    a.target - b.target ||
    (a.basis < b.basis ? -1 : a.basis > b.basis ? 1 : 0)
  );
}

/** Renumbers in the order of first occurrence. */
function renumbering(): (number: number | null) => number | null {
  const positions = new Map<number, number>();
  return (number) => {
    if (number === null) return null;
    const known = positions.get(number) ?? positions.size;
    positions.set(number, known);
    return known;
  };
}

interface CanonicalCores {
  readonly cores: Core[];
  /** The new number of an L3 cache. */
  readonly l3: (number: number | null) => number | null;
}

function canonicalCores(
  parts: readonly CoreParts[],
  nodes: readonly NodeInProgress[],
): CanonicalCores {
  const sorted = parts
    .map((core) => {
      const set = setOf(core.cpus);
      return { core, set, first: lowest(set) };
    })
    .toSorted((a, b) => unknownLast(a.first, b.first));
  const [die, cluster, l3] = [renumbering(), renumbering(), renumbering()];
  const classOf = (core: CoreParts): number | null => core.class ?? null;
  const classes = coreClassesOf(parts.map((core) => ({ class: classOf(core) })));
  const cores = sorted.map(({ core, set, first }, id) => ({
    id,
    package: core.package,
    die: die(core.die),
    cluster: cluster(core.cluster),
    l3: l3(core.l3),
    node: core.node === undefined ? nodeHolding(set, first, nodes) : core.node,
    class: classOf(core) === null ? null : classes.indexOf(classOf(core)),
    cpus: canonicalList(core.cpus),
  }));
  return { cores, l3 };
}

function nodeHolding(
  cpus: IndexSet,
  first: number | null,
  nodes: readonly NodeInProgress[],
): number | null {
  if (first === null) return null;
  const node = nodes.find(({ set }) => has(set, first));
  return node !== undefined && isSubset(cpus, node.set) ? node.id : null;
}

/**
 * The devices of a machine with one node are on it, whatever the firmware says: a `numa_node` of -1
 * is what the kernel reads there. That is known only from a source that lists all nodes; those that
 * know a node through its devices alone cannot tell its memory.
 */
function onOnlyNode(
  pci: readonly PciDevice[],
  nodes: readonly NodeInProgress[],
): readonly PciDevice[] {
  const [only, ...others] = nodes;
  if (only === undefined || others.length > 0 || only.memoryBytes === null) return pci;
  return pci.map((device) => (device.node === null ? { ...device, node: only.id } : device));
}

/** Without the devices whose node is known after all, and without what says nothing then. */
function canonicalUnnumbered(
  given: readonly UnnumberedNode[],
  pci: readonly PciDevice[],
): UnnumberedNode[] {
  const numbered = new Set(pci.flatMap(({ address, node }) => (node === null ? [] : [address])));
  return given
    .map(({ devices, cpus }) => ({
      devices: devices.filter((address) => !numbered.has(address)).toSorted(comparePciAddresses),
      cpus: cpus === null ? null : canonicalList(cpus),
    }))
    .filter(({ devices, cpus }) => devices.length > (cpus === null ? 1 : 0))
    .toSorted((a, b) => comparePciAddresses(at(a.devices, 0), at(b.devices, 0)));
}

/** The package of each node's cores; null where they differ or one is unknown. */
function packagesOfNodes(cores: readonly Core[]): ReadonlyMap<number, number | null> {
  const packages = new Map<number, number | null>();
  for (const { node, package: id } of cores) {
    if (node === null) continue;
    const known = packages.get(node);
    packages.set(node, known === undefined || known === id ? id : null);
  }
  return packages;
}

/** Each pair from its lower address, and the pairs in the order of both addresses. */
function inOrder<T extends { readonly a: string; readonly b: string }>(pairs: readonly T[]): T[] {
  return pairs
    .map((pair) =>
      comparePciAddresses(pair.a, pair.b) <= 0 ? pair : { ...pair, a: pair.b, b: pair.a },
    )
    .toSorted((x, y) => comparePciAddresses(x.a, y.a) || comparePciAddresses(x.b, y.b));
}

/**
 * Removes the stated classes that follow from the devices' places, so that each class is recorded
 * in one way only.
 */
function canonicalInterconnects(
  stated: readonly StatedInterconnect[],
  places: Pick<Topology, "pci" | "unnumberedNodes">,
): StatedInterconnect[] {
  if (stated.length === 0) return [];
  const derived = derivedInterconnects(places);
  return inOrder(stated.filter(({ a, b, class: name }) => derived(a, b) !== name));
}
