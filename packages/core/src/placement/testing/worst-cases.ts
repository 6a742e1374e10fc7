import type { Request } from "../../request/request.ts";
import { requestOf } from "../../request/testing/requests.ts";
import { type Random, randomFor } from "../../simulate/random.ts";
import { syntheticTopology } from "../../topology/synthetic/build.ts";
import type { Link, Partition, PciDevice, Topology } from "../../topology/topology.ts";
import { GiB } from "../../unit/bytes.ts";

/** A machine and a request that are made to cost a search as much as anything can. */
export interface WorstCase {
  readonly name: string;
  readonly topology: Topology;
  readonly request: Request;
}

/** How large the machines get. */
export interface WorstSize {
  readonly nodes: readonly number[];
  readonly accelerators: readonly number[];
  readonly nicsMax: number;
}

/** Of this size every request is to be answered within a millisecond. */
export const smallWorst: WorstSize = {
  nodes: [1, 2, 4, 8],
  accelerators: [0, 8, 16],
  nicsMax: 16,
};

/** Of this size within a bound. */
export const wideWorst: WorstSize = {
  nodes: [16, 32, 64],
  accelerators: [0, 8, 16],
  nicsMax: 16,
};

/** As many devices as the functions of large ones can be. */
export const vastWorst: WorstSize = {
  nodes: [8, 32, 64],
  accelerators: [0, 32, 64],
  nicsMax: 64,
};

/**
 * The worst case of a number. No two nodes, accelerators or NICs are interchangeable: links are of
 * any class, distances lopsided, pools and cores of any size, IOMMU groups lie across nodes. So
 * nothing is left out by symmetry, and no bound is near what can be reached. What is asked for is
 * about what there is: mostly as much as just fits or just does not, of one thing or of all.
 */
export function worstCase(size: WorstSize, seed: number): WorstCase {
  const random = randomFor(seed, "worst");
  const nodes = pick(random, size.nodes);
  const accelerators = pick(random, size.accelerators);
  const topology = irregular(random, nodes, accelerators, random.below(size.nicsMax + 1));
  return {
    name: `seed ${seed}: ${nodes} nodes, ${topology.accelerators.length} accelerators`,
    topology,
    request: demanding(random, topology),
  };
}

/**
 * A case of the same kind that is known to fit on so many nodes: some accelerators are chosen, and
 * as much is asked for as their nodes have to give, each its share.
 */
export function fittingCase(size: WorstSize, seed: number): WorstCase & { readonly cells: number } {
  const random = randomFor(seed, "fitting");
  const nodes = pick(random, size.nodes);
  const topology = irregular(random, nodes, Math.max(1, pick(random, size.accelerators)), 0);
  const nodeOf = new Map(topology.pci.map(({ address, node }) => [address, node]));
  const start = random.below(topology.accelerators.length);
  const chosen = topology.accelerators.filter(
    (_, i) => i === start || random.below(1 + random.below(6)) === 0,
  );
  const count = chosen.length;
  const ofNode = Map.groupBy(chosen, ({ address }) => nodeOf.get(address) ?? 0);
  // The lowest node takes what the shares leave by rounding: whole shares leave nothing.
  const share = (amount: (node: number) => number): number =>
    Math.min(...[...ofNode].map(([node, { length }]) => Math.floor(amount(node) / length)));
  const cores = share((node) => topology.cores.filter((core) => core.node === node).length);
  const pages = share((node) => topology.nodes[node]?.hugepages[0]?.total ?? 0);
  if (cores === 0 || pages === 0) return fittingCase(size, seed + 1_000_003);
  return {
    name: `fitting, seed ${seed}: ${nodes} nodes, ${count} of ${topology.accelerators.length}`,
    topology: { ...topology, partitions: [] },
    request: requestOf({
      accelerators: { count, model: null, link: "any" },
      vcpus: 2 * cores * count,
      memoryBytes: pages * count * GiB,
      workload: "training",
    }),
    cells: ofNode.size,
  };
}

function pick<T>(random: Random, items: readonly T[]): T {
  const item = items[random.below(items.length)];
  if (item === undefined) throw new RangeError("there is nothing to choose from");
  return item;
}

const coresPerNode = 8;

/** With so many devices in all, dealt to the nodes in turn. */
function irregular(random: Random, nodes: number, accelerators: number, nics: number): Topology {
  const roots = Array.from({ length: nodes }, (_, node) => {
    const [gpus, own] = [dealt(accelerators, nodes, node), dealt(nics, nodes, node)];
    const below = [
      ...(gpus > 0 ? [`gpu:h100-sxm*${gpus}`] : []),
      ...(own > 0 ? [`nic:cx7*${own}`] : []),
    ];
    return below.map((device) => ` root[${device}]@${node}`).join("");
  });
  const topology = syntheticTopology(
    `package:${nodes} core:${coresPerNode} thread:2 memory:80Gi hugepages:60x1Gi${roots.join("")}`,
    "worst",
  );
  const sold = new Set([...topology.accelerators, ...topology.nics].map(({ address }) => address));
  const grouped = pick(random, [0, 0, 3, 8]);
  const pci = topology.pci.map((device): PciDevice => {
    if (!sold.has(device.address)) return device;
    const root = random.below(2) === 0 ? device.root : `pci${device.node}-${random.below(3)}`;
    const group = grouped > 0 && random.below(2) === 0 ? 900 + random.below(grouped) : null;
    return { ...device, root, parent: null, iommuGroup: group ?? device.iommuGroup };
  });
  const even = random.below(3) === 0;
  const rows = [...topology.nodes.keys()];
  return {
    ...topology,
    pci,
    links: linked(random, topology),
    partitions: random.below(6) === 0 ? partitioned(random, topology) : [],
    distances: rows.map((i) => rows.map((j) => (i === j ? 10 : 11 + random.below(40)))),
    cores: topology.cores.map((core) =>
      even || random.below(4) > 0 ? core : { ...core, node: null },
    ),
    nodes: topology.nodes.map((node) => {
      const pages = even ? 60 : 1 + random.below(60);
      return { ...node, hugepages: [{ sizeBytes: GiB, total: pages, free: pages }] };
    }),
  };
}

function dealt(total: number, nodes: number, node: number): number {
  return Math.floor(total / nodes) + (node < total % nodes ? 1 : 0);
}

function linked(random: Random, { accelerators }: Topology): readonly Link[] {
  const classes = pick(random, [[0], [18], [0, 1], [0, 0, 0, 4], [0, 1, 2, 4, 6, 8, 12, 18]]);
  return accelerators.flatMap(({ address: a }, i) =>
    accelerators.slice(i + 1).flatMap(({ address: b }): Link[] => {
      const lanes = pick(random, classes);
      return lanes === 0 ? [] : [{ a, b, kind: "nvlink", lanes }];
    }),
  );
}

function partitioned(random: Random, { accelerators }: Topology): readonly Partition[] {
  return Array.from({ length: 40 }, (_, id) => ({
    id,
    accelerators: accelerators.flatMap(({ address }) => (random.below(2) === 0 ? [address] : [])),
    active: null,
  })).filter((partition) => partition.accelerators.length > 0);
}

function demanding(random: Random, topology: Topology): Request {
  const count = topology.accelerators.length === 0 ? 0 : random.below(topology.accelerators.length);
  const cores = topology.cores.filter(({ node }) => node !== null).length;
  const pages = topology.nodes.reduce((sum, node) => sum + (node.hugepages[0]?.total ?? 0), 0);
  const nodes = topology.nodes.length;
  // A part of the machine, all of it, or one more than there is.
  const about = (total: number): number => {
    const part = 1 + random.below(total);
    return pick(random, [
      part,
      part,
      Math.ceil((total * (1 + random.below(nodes))) / nodes),
      total + 1,
    ]);
  };
  return requestOf({
    accelerators: { count, model: null, link: random.below(4) === 0 ? "nvlink" : "any" },
    nics: { count: pick(random, [0, count, random.below(topology.nics.length + 1)]), rdma: false },
    vcpus: random.below(2) === 0 ? 2 * Math.max(1, count) : 2 * about(cores),
    memoryBytes: (random.below(2) === 0 ? Math.max(1, count) : about(pages)) * GiB,
    locality: pick(random, ["strict", "strict", "preferred", "interleave"] as const),
    isolation: pick(random, ["core", "core", "l3"] as const),
    workload: pick(random, ["training", "inference"] as const),
  });
}
