import { bridgesAbove } from "../topology/interconnect.ts";
import type { PciDevice, Topology } from "../topology/topology.ts";

/**
 * Finds the node that a device is on, from the PCI tree alone: the kernel's word for the device,
 * for its physical function, for the bridges above it, nearest first, and for all that hangs below
 * the same host bridge where these agree. A machine of one node has no other. Null where nothing
 * tells; no number follows from a device's position among others.
 */
export function nodeFinder({ nodes, pci }: Topology): (address: string) => number | null {
  const byAddress = new Map(pci.map((device) => [device.address, device]));
  const ids = new Set(nodes.map(({ id }) => id));
  const [only, ...others] = nodes;
  const known = (node: number | null | undefined): node is number =>
    node !== null && node !== undefined && ids.has(node);
  return (address) => {
    const device = byAddress.get(address);
    if (device !== undefined) {
      const physical = byAddress.get(device.physicalFunction ?? "");
      const own = [device, ...(physical === undefined ? [] : [physical])];
      const above = own.flatMap((one) =>
        bridgesAbove(one, byAddress).flatMap((bridge) => byAddress.get(bridge) ?? []),
      );
      const told = [...own, ...above].map(({ node }) => node).find(known);
      if (told !== undefined) return told;
      const [shared, ...more] = new Set(belowRoot(device, pci).filter(known));
      if (shared !== undefined && more.length === 0) return shared;
    }
    return only !== undefined && others.length === 0 ? only.id : null;
  };
}

/** The nodes of all functions below the same host bridge. */
function belowRoot({ root }: PciDevice, pci: readonly PciDevice[]): readonly (number | null)[] {
  return pci.filter((other) => other.root === root).map(({ node }) => node);
}
