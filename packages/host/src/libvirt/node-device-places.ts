import { isPciAddress } from "@evenkeel/core/topology/pci-address.ts";
import type { NodeDevice } from "./node-device.ts";

/** The place of a PCI function: its host bridge, and the bridges from there down to it. */
export interface Place {
  readonly root: string;
  readonly bridges: readonly string[];
}

/** A bus number has eight bits, so no more bridges can be above a function. */
const BRIDGES_MAX = 256;

/**
 * Finds the place of each PCI function.
 *
 * A path in sysfs gives the whole place: `/sys/devices/pci0000:15/0000:15:01.0/0000:16:00.0`.
 * Without a path, the place follows from one parent to the next by name. libvirt names PCI devices
 * by their address, `pci_0000_15_01_0`, so a parent without a document of its own is still known to
 * be a bridge at that address. Nothing is known above it, and its bus is taken for the host
 * bridge's.
 */
export function placesOf(
  devices: ReadonlyMap<string, NodeDevice>,
  addresses: ReadonlyMap<string, string>,
): (device: NodeDevice, address: string) => Place {
  return (device, address) => {
    const names = (device.path ?? "").split("/");
    const start = names.findLastIndex((name) => /^pci[0-9a-f]{4,8}:[0-9a-f]{2}$/.test(name));
    const root = names[start];
    if (root !== undefined && names.at(-1) === address) {
      return { root, bridges: names.slice(start + 1, -1).filter(isPciAddress) };
    }
    return placeByParents(device, address, devices, addresses);
  };
}

function placeByParents(
  device: NodeDevice,
  address: string,
  devices: ReadonlyMap<string, NodeDevice>,
  addresses: ReadonlyMap<string, string>,
): Place {
  const bridges: string[] = [];
  let topmost = address;
  let name = device.parent;
  while (name !== null && bridges.length < BRIDGES_MAX) {
    const bridge: string | null = addresses.get(name) ?? addressIn(name);
    if (bridge === null) break;
    bridges.unshift(bridge);
    topmost = bridge;
    name = devices.get(name)?.parent ?? null;
  }
  return { root: `pci${topmost.slice(0, topmost.lastIndexOf(":"))}`, bridges };
}

/**
 * The address in a name such as `pci_0000_15_01_0`; null for HAL's names, such as `pci_8086_27a1`.
 */
function addressIn(name: string): string | null {
  const match = /^pci_([0-9a-f]{4,8})_([0-9a-f]{2})_([0-9a-f]{2})_([0-7])$/.exec(name);
  const [, domain = "", bus = "", slot = "", fn = ""] = match ?? [];
  const address = `${domain}:${bus}:${slot}.${fn}`;
  return isPciAddress(address) ? address : null;
}
