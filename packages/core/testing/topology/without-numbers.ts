import { comparePciAddresses } from "../../src/topology/pci-address.ts";
import type { Topology } from "../../src/topology/topology.ts";
import { at } from "../../src/unit/list.ts";

/**
 * The machine as a source tells it that knows which devices share a node, and CPUs near them, but
 * no numbers of nodes; by default with all CPUs of each node.
 */
export function withoutNumbers(
  topology: Topology,
  cpusOf: (cpus: string) => string | null = (cpus) => cpus,
): Topology {
  return {
    ...topology,
    nodes: [],
    unnumberedNodes: topology.nodes
      .map(({ id, cpus }) => ({
        devices: topology.pci
          .filter((device) => device.node === id && !device.class.startsWith("0604"))
          .map(({ address }) => address),
        cpus: cpus === null || cpus === "" ? null : cpusOf(cpus),
      }))
      .filter(({ devices, cpus }) => devices.length > (cpus === null ? 1 : 0))
      .toSorted((a, b) => comparePciAddresses(at(a.devices, 0), at(b.devices, 0))),
    distances: null,
    access: [],
    cores: topology.cores.map((core) => ({ ...core, node: null })),
    pci: topology.pci.map((device) => ({ ...device, node: null })),
  };
}
