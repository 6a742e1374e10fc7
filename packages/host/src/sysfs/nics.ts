import { matchingDevices, nicPatterns } from "@evenkeel/core/topology/device-pattern.ts";
import { isPciAddress } from "@evenkeel/core/topology/pci-address.ts";
import type { Nic, PciDevice } from "@evenkeel/core/topology/topology.ts";
import type { Tree } from "../tree/tree.ts";
import { pciDirectory } from "./pci.ts";

/**
 * The machine's NICs by the names that the kernel gave them: a function's RDMA device if it has
 * one, otherwise its network interface (of several ports, the first by name). A NIC without either
 * belongs to no driver of ours, or to none, and nothing is known of it.
 *
 * That a NIC has no RDMA device says something only where the kernel shows RDMA devices at all.
 */
export function readNics(tree: Tree, pci: readonly PciDevice[]): Nic[] {
  const showsRdma = tree.realPath("/sys/class/infiniband") !== null;
  const rdmaNames = namesByAddress(tree, "infiniband");
  const networkNames = namesByAddress(tree, "net");
  return matchingDevices(pci, nicPatterns).map(({ address }) => {
    const rdmaName = rdmaNames.get(address) ?? nameBelow(tree, address, "infiniband");
    if (rdmaName !== null) return { address, name: rdmaName, rdma: true };
    const name = networkNames.get(address) ?? nameBelow(tree, address, "net");
    return { address, name, rdma: showsRdma && name !== null ? false : null };
  });
}

/**
 * The first device of a class at each PCI function, from the class directory: each entry is a link
 * to a place below its function, `../../devices/pci0000:00/0000:00:03.0/virtio0/net/eth0`.
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

/** Recordings without the class directory may still have the device's own. */
function nameBelow(tree: Tree, address: string, deviceClass: string): string | null {
  return tree.list(`${pciDirectory}/${address}/${deviceClass}`)[0] ?? null;
}
