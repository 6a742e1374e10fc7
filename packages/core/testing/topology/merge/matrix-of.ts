import { buildTopology } from "../../../src/topology/build.ts";
import { standInAddress, standInRoot } from "../../../src/topology/stand-in.ts";
import type { PciDevice, Topology } from "../../../src/topology/topology.ts";
import { unknownSettings } from "../../../src/topology/unknown-settings.ts";

/**
 * The part of a machine that `nvidia-smi topo -m` shows: its accelerators and NICs in order, their
 * interconnect classes, and the nodes, with stand-ins that mirror the bridges.
 */
export function matrixOf(machine: Topology): Topology {
  const wanted = [...machine.accelerators, ...machine.nics].map(({ address }) => address);
  const byAddress = new Map(machine.pci.map((device) => [device.address, device]));
  const kept = new Map<string, PciDevice>();
  const order = new Map(wanted.map((address, i) => [address, standInAddress(i)]));
  for (const address of wanted) {
    for (let at: string | null = address; at !== null; at = byAddress.get(at)?.parent ?? null) {
      const device = byAddress.get(at);
      if (device === undefined) break;
      kept.set(at, device);
      if (!order.has(at)) order.set(at, standInAddress(order.size));
    }
  }
  const roots = [...new Set([...kept.values()].map(({ root }) => root))];
  const nodes = new Set([...kept.values()].map(({ node }) => node));
  const stand = (address: string): string => order.get(address) ?? address;
  return buildTopology({
    name: "topo.txt",
    source: "nvidia-smi",
    nodes: machine.nodes
      .filter(({ id }) => nodes.has(id))
      .map((node) => ({ ...node, memoryBytes: null, kind: null, hugepages: null, package: null })),
    pci: [...kept.values()].map((device) => ({
      address: stand(device.address),
      parent: device.parent === null ? null : stand(device.parent),
      root: standInRoot(roots.indexOf(device.root)),
      class: device.class.slice(0, 4),
      vendor: null,
      device: null,
      node: device.node,
      iommuGroup: null,
      driver: null,
      link: null,
      barBytes: null,
      physicalFunction: null,
      ...unknownSettings,
    })),
    accelerators: machine.accelerators.map(({ address }) => ({
      address: stand(address),
      model: null,
      uuid: null,
      moduleId: null,
      memoryBytes: null,
    })),
    nics: machine.nics.map(({ address, name }) => ({ address: stand(address), name, rdma: null })),
    links: machine.links.map((link) => ({ ...link, a: stand(link.a), b: stand(link.b) })),
  });
}
