import { calibrated } from "@evenkeel/core/cost/calibrated.ts";
import { measuredOn } from "@evenkeel/core/testing/calibration/measured-on.ts";
import { at, valueOf } from "@evenkeel/core/unit/list.ts";
import { knownCpus } from "@evenkeel/core/topology/node-facts.ts";
import { catalog, catalogMachine } from "@evenkeel/core/topology/catalog/catalog.ts";
import { indices, indexSet } from "@evenkeel/core/set/index-set.ts";
import { formatList, setOf } from "@evenkeel/core/set/list-format.ts";
import type { PciDevice, Topology } from "@evenkeel/core/topology/topology.ts";
import type { Random } from "../../fuzz/random.ts";

/**
 * Machines to place on: those of the catalog, unchanged or altered as real ones are, with partly
 * used pools, offline threads, or devices in one IOMMU group or of unknown node.
 */
export interface AlteredMachine {
  readonly machine: string;
  readonly alterations: readonly string[];
  readonly topology: Topology;
}

/** The catalog's machine of a name; throws without one. */
export function machineNamed(name: string): Topology {
  const topology = catalogMachine(name);
  if (topology === null) throw new RangeError(`the catalog has no machine ${name}`);
  return topology;
}

/** A random machine; two of three are unchanged. */
export function anyMachine(random: Random): AlteredMachine {
  const { name } = random.of(catalog);
  const chosen = random.once(3) ? alterations.filter(() => random.once(4)) : [];
  const topology = chosen.reduce((now, alter) => alter(now, random), machineNamed(name));
  return { machine: name, alterations: chosen.map((alter) => alter.name), topology };
}

type Alteration = (topology: Topology, random: Random) => Topology;

const alterations: readonly Alteration[] = [
  function drainedPools(topology, random) {
    return {
      ...topology,
      nodes: topology.nodes.map((node) => ({
        ...node,
        hugepages:
          node.hugepages?.map((pool) => ({
            ...pool,
            free: random.once(6) ? null : random.below(pool.total + 1),
          })) ?? null,
      })),
    };
  },
  function mixedPages(topology, random) {
    return {
      ...topology,
      nodes: topology.nodes.map((node) => {
        if (node.memoryBytes === null) return { ...node, hugepages: null };
        const gib = Math.floor(node.memoryBytes / 2 ** 30);
        const [small, large] = [random.below(gib / 3 + 1), random.below(gib / 3 + 1)];
        const pools = [
          { sizeBytes: 2 ** 21, total: small * 512 + random.below(9), free: null },
          { sizeBytes: 2 ** 30, total: large, free: large },
        ];
        return { ...node, hugepages: gib < 8 ? [] : pools.filter(() => !random.once(5)) };
      }),
    };
  },
  function oddDistances(topology, random) {
    if (random.once(3)) return { ...topology, distances: null };
    const rows = [...topology.nodes.keys()];
    const distances = rows.map((i) => rows.map((j) => (i === j ? 10 : 11 + random.below(30))));
    return { ...topology, distances };
  },
  function lostNode(topology, random) {
    const devices = [...topology.accelerators, ...topology.nics].map(({ address }) => address);
    const lost = new Set(devices.filter(() => random.once(4)));
    return withPci(topology, (device) =>
      lost.has(device.address) ? { ...device, node: null } : device,
    );
  },
  function sharedGroups(topology, random) {
    const devices = [...topology.accelerators, ...topology.nics].map(({ address }) => address);
    const groups = new Map(
      devices.filter(() => random.once(2)).map((address) => [address, 9000 + random.below(4)]),
    );
    return withPci(topology, (device) => ({
      ...device,
      iommuGroup: groups.get(device.address) ?? device.iommuGroup,
    }));
  },
  function switchGroups(topology, random) {
    // Without access control services a switch's devices are one group.
    const roots = [...new Set(topology.pci.map((device) => device.root))];
    return withPci(topology, (device) =>
      random.once(20) ? device : { ...device, iommuGroup: 8000 + roots.indexOf(device.root) },
    );
  },
  function unknownMemory(topology, random) {
    const unknown = random.of(topology.nodes).id;
    return {
      ...topology,
      nodes: topology.nodes.map((node) =>
        node.id === unknown ? { ...node, memoryBytes: null, hugepages: null } : node,
      ),
    };
  },
  function offlineThreads(topology, random) {
    const offline: number[] = [];
    const cores = topology.cores.map((core) => {
      const cpus = indices(setOf(core.cpus));
      if (cpus.length < 2 || !random.once(6)) return core;
      offline.push(...cpus.slice(1));
      return { ...core, cpus: formatList(indexSet(cpus.slice(0, 1))) };
    });
    const gone = new Set(offline);
    const nodes = topology.nodes.map((node) => {
      const cpus = indices(knownCpus(node)).filter((cpu) => !gone.has(cpu));
      return { ...node, cpus: formatList(indexSet(cpus)) };
    });
    return { ...topology, cores, nodes, offlineCpus: formatList(indexSet(offline)) };
  },
  function fewerLinks(topology, random) {
    const lanes = [2, 4, 18];
    return {
      ...topology,
      links: topology.links
        .filter(() => !random.once(4))
        .map((link) => ({ ...link, lanes: random.of(lanes) })),
    };
  },
  function otherModels(topology, random) {
    const models = ["H100 SXM5 80GB", "A100 SXM4 40GB", null];
    return {
      ...topology,
      accelerators: topology.accelerators.map((entry) =>
        random.once(2) ? entry : { ...entry, model: random.of(models) },
      ),
      nics: topology.nics.map((nic) => (random.once(2) ? nic : { ...nic, rdma: null })),
    };
  },
  function coreClasses(topology, random) {
    // In blocks, as clusters of equal cores are, or one by one; rarely unknown.
    const block = random.of([1, 3, 8]);
    const classes = topology.cores.map(() => (random.once(10) ? null : random.below(2)));
    const chosen = topology.cores.map((_, i) => classes[Math.floor(i / block)] ?? null);
    const dense = new Map(
      [...new Set(chosen)]
        .filter((one) => one !== null)
        .toSorted((a, b) => a - b)
        .map((one, i) => [one, i]),
    );
    return {
      ...topology,
      cores: topology.cores.map((core, i) => {
        const one = chosen[i] ?? null;
        return { ...core, class: one === null ? null : (dense.get(one) ?? null) };
      }),
    };
  },
  function unknownCaches(topology, random) {
    return {
      ...topology,
      cores: topology.cores.map((core) => (random.once(8) ? { ...core, l3: null } : core)),
    };
  },
  function measured(topology, random) {
    const latencies = topology.nodes.map(() => topology.nodes.map(() => 90 + random.below(3) * 40));
    const rates = topology.nodes.map(() => topology.nodes.map(() => 13e9 * (1 + random.below(3))));
    const place = new Map(topology.nodes.map(({ id }, i) => [id, i]));
    const nodeOf = new Map(topology.pci.map(({ address, node }) => [address, node]));
    const calibration = measuredOn(topology, {
      latencyNs: (a, b) => (a === b ? 80 : at(at(latencies, valueOf(place, a)), valueOf(place, b))),
      copyBytesPerSecond: (address, node) => {
        const own = nodeOf.get(address) ?? null;
        return own === null ? 13e9 : at(at(rates, valueOf(place, own)), valueOf(place, node));
      },
    });
    return calibrated(topology, calibration).topology;
  },
];

function withPci(topology: Topology, change: (device: PciDevice) => PciDevice): Topology {
  return { ...topology, pci: topology.pci.map(change) };
}
