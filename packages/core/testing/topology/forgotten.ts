import * as fc from "fast-check";
import type { Topology } from "../../src/topology/topology.ts";
import { withoutNumbers } from "./without-numbers.ts";

/**
 * Takes one kind of fact away from a topology, of the nodes that `of` picks where it is about
 * nodes.
 */
type Forget = (topology: Topology, of: (id: number) => boolean) => Topology;

const nodes = (
  topology: Topology,
  of: (id: number) => boolean,
  change: (node: Topology["nodes"][number]) => Partial<Topology["nodes"][number]>,
): Topology => ({
  ...topology,
  nodes: topology.nodes.map((node) => (of(node.id) ? { ...node, ...change(node) } : node)),
});

const forgets: Readonly<Record<string, Forget>> = {
  hugepages: (topology, of) => nodes(topology, of, () => ({ hugepages: null })),
  memory: (topology, of) => nodes(topology, of, () => ({ memoryBytes: null })),
  cpus: (topology, of) => ({ ...nodes(topology, of, () => ({ cpus: null })), cores: [] }),
  cores: (topology) => ({ ...topology, cores: [] }),
  "nodes of cores": (topology, of) => ({
    ...nodes(topology, of, () => ({ cpus: null })),
    cores: topology.cores.map((core) =>
      core.node !== null && of(core.node) ? { ...core, node: null } : core,
    ),
  }),
  "lists of CPUs": (topology, of) => nodes(topology, of, () => ({ cpus: null })),
  nodes: (topology) => ({
    ...topology,
    nodes: [],
    distances: null,
    access: [],
    calibration: null,
    cores: topology.cores.map((core) => ({ ...core, node: null })),
    pci: topology.pci.map((device) => ({ ...device, node: null })),
  }),
  packages: (topology) => ({
    ...nodes(
      topology,
      () => true,
      () => ({ package: null }),
    ),
    cores: topology.cores.map((core) => ({ ...core, package: null })),
  }),
  caches: (topology) => ({
    ...topology,
    l3Caches: [],
    cores: topology.cores.map((core) => ({ ...core, l3: null })),
  }),
  distances: (topology) => ({ ...topology, distances: null }),
  "nodes of devices": (topology, of) => ({
    ...topology,
    pci: topology.pci.map((device) =>
      device.node !== null && of(device.node) ? { ...device, node: null } : device,
    ),
  }),
  "numbers of nodes": (topology) => withoutNumbers(topology),
  links: (topology) => ({ ...topology, links: [] }),
  models: (topology) => ({
    ...topology,
    accelerators: topology.accelerators.map((one) => ({ ...one, model: null })),
  }),
  rdma: (topology) => ({
    ...topology,
    nics: topology.nics.map((nic) => ({ ...nic, rdma: null })),
  }),
  "page size": ({ machine, ...topology }) => ({
    ...topology,
    machine: { ...machine, pageBytes: null, architecture: null },
  }),
  devices: (topology) => ({
    ...topology,
    pci: [],
    accelerators: [],
    nics: [],
    links: [],
    interconnects: [],
    partitions: [],
  }),
};

/**
 * The machine as a source tells it that leaves some facts out: one or several kinds, about some of
 * the nodes. A source that was read may leave anything out, so it is called sysfs.
 */
export function forgotten(topology: Topology): fc.Arbitrary<Topology> {
  const kinds = fc.subarray(Object.keys(forgets), { minLength: 1, maxLength: 4 });
  const chosen = fc.array(fc.boolean(), { minLength: 8, maxLength: 8 });
  return fc.tuple(kinds, chosen).map(([names, picks]) => {
    const of = (id: number): boolean => picks[id % picks.length] === true;
    return names.reduce((left, name) => forgets[name]?.(left, of) ?? left, {
      ...topology,
      source: "sysfs",
      name: `${topology.name} less ${names.join(", ")}`,
    });
  });
}
