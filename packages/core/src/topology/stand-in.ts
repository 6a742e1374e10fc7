/**
 * Addresses for devices whose source has none: `nvidia-smi topo -m` knows GPU3 and mlx5_0 and their
 * interconnects, and nothing of PCI. A Topology names devices by address, so such a device gets a
 * stand-in address from a domain that no machine has, and everything that shows or joins topologies
 * can recognize it.
 */
const STAND_IN_DOMAIN = "ffffff00";

/** The stand-in for the device, bridge or port of that number, from 0 to 65535. */
export function standInAddress(ordinal: number): string {
  const hex = (value: number, digits: number): string => value.toString(16).padStart(digits, "0");
  const [bus, slot, fn] = [(ordinal >> 8) & 0xff, (ordinal >> 3) & 0x1f, ordinal & 7];
  return `${STAND_IN_DOMAIN}:${hex(bus, 2)}:${hex(slot, 2)}.${fn}`;
}

/** A stand-in for a host bridge whose name nobody told. */
export function standInRoot(ordinal: number): string {
  return `pci${STAND_IN_DOMAIN}:${ordinal.toString(16).padStart(2, "0")}`;
}

/** Whether an address, or the name of a root, is a stand-in. */
export function isStandIn(name: string): boolean {
  return name.includes(`${STAND_IN_DOMAIN}:`);
}

/** Above every node number that Linux can have (MAX_NUMNODES is at most 1024). */
const STAND_IN_NODE = 65_280;

/**
 * A stand-in for a NUMA node of unknown number, from 0 to 255: a source that says that two devices
 * are `SYS` apart knows that they lie on two nodes, and not on which.
 */
export function standInNode(ordinal: number): number {
  return STAND_IN_NODE + ordinal;
}

/** Whether the number of a node is a stand-in. */
export function isStandInNode(id: number): boolean {
  return id >= STAND_IN_NODE;
}
