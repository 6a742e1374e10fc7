/**
 * Stand-in addresses for devices whose source has none: `nvidia-smi topo -m` knows GPU3, mlx5_0 and
 * their interconnect, but no PCI address. A Topology names devices by address, so such a device
 * gets an address in a domain that no machine has, which every reader of topologies can recognize.
 */
const STAND_IN_DOMAIN = "ffffff00";

/** The stand-in address for the device, bridge or port with this number, from 0 to 65535. */
export function standInAddress(ordinal: number): string {
  const hex = (value: number, digits: number): string => value.toString(16).padStart(digits, "0");
  const [bus, slot, fn] = [(ordinal >> 8) & 0xff, (ordinal >> 3) & 0x1f, ordinal & 7];
  return `${STAND_IN_DOMAIN}:${hex(bus, 2)}:${hex(slot, 2)}.${fn}`;
}

/** A stand-in for a host bridge with an unknown name. */
export function standInRoot(ordinal: number): string {
  return `pci${STAND_IN_DOMAIN}:${ordinal.toString(16).padStart(2, "0")}`;
}

/** Whether an address, or the name of a root, is a stand-in. */
export function isStandIn(name: string): boolean {
  return name.includes(`${STAND_IN_DOMAIN}:`);
}
