import type { NicParts } from "@evenkeel/core/topology/build.ts";
import { matchingDevices, nicPatterns } from "@evenkeel/core/topology/device-pattern.ts";
import { isPciAddress } from "@evenkeel/core/topology/pci-address.ts";
import type { PciDevice } from "@evenkeel/core/topology/topology.ts";
import { rdmaById } from "../pci-ids/rdma-nics.ts";
import type { Tree } from "../tree/tree.ts";
import { pciDirectory } from "./pci.ts";

/**
 * The machine's NICs, named after their RDMA device or else after their network interface (of
 * several ports, the first by name). A NIC without either has no driver on this machine, and its
 * name is unknown.
 *
 * A missing RDMA device means something only if the kernel shows RDMA devices at all, and a driver
 * has made the NIC's network interface. Otherwise the NIC's ids tell, of families that all do RDMA.
 */
export function readNics(tree: Tree, pci: readonly PciDevice[]): NicParts[] {
  const showsRdma = tree.realPath("/sys/class/infiniband") !== null;
  const rdmaNames = namesByAddress(tree, "infiniband");
  const networkNames = namesByAddress(tree, "net");
  return matchingDevices(pci, nicPatterns).map((device) => {
    const { address } = device;
    const rdmaName = rdmaNames.get(address) ?? nameBelow(tree, address, "infiniband");
    if (rdmaName !== null) return { address, name: rdmaName, rdma: true };
    const name = networkNames.get(address) ?? nameBelow(tree, address, "net");
    return { address, name, rdma: showsRdma && name !== null ? false : rdmaById(device) };
  });
}

/**
 * The first device of a class for each PCI function, from the links in the class directory:
 * `../../devices/pci0000:00/0000:00:03.0/virtio0/net/eth0`.
 */
function namesByAddress(tree: Tree, deviceClass: string): ReadonlyMap<string, string> {
  const names = new Map<string, string>();
  for (const name of tree.list(`/sys/class/${deviceClass}`)) {
    const link = tree.readLink(`/sys/class/${deviceClass}/${name}`);
    const address = link?.split("/").findLast(isPciAddress);
    if (address !== undefined && !names.has(address)) names.set(address, name);
  }
  return names;
}

/** From the device's own directory: recordings may lack the class directory. */
function nameBelow(tree: Tree, address: string, deviceClass: string): string | null {
  return tree.list(`${pciDirectory}/${address}/${deviceClass}`)[0] ?? null;
}
