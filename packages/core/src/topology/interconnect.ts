import type { PciDevice, PciInterconnect, Topology } from "./topology.ts";

/**
 * How two devices reach each other, in the terms of `nvidia-smi topo -m`:
 *
 * - `NV18`, `XGMI3`: directly, over that many lanes (`NV#` where the number is unknown)
 * - `PIX`: through one PCIe switch (or two functions on one bus)
 * - `PXB`: through several PCIe switches, below one host bridge
 * - `PHB`: through the host bridge they both hang below
 * - `NODE`: through two host bridges of one NUMA node
 * - `SYS`: through the link between NUMA nodes
 *
 * https://docs.nvidia.com/deploy/nvidia-smi/ ("topo")
 */
export type Interconnect = DirectInterconnect | PciInterconnect;
/** A connection of two accelerators beside PCI Express, by its number of lanes. */
export type DirectInterconnect = `${"NV" | "XGMI"}${number | "#"}`;

/** The interconnect of two different devices, or null where the topology does not tell. */
export type InterconnectOf = (a: string, b: string) => Interconnect | null;

/**
 * Looks up direct links first, then what a source stated (`Topology.interconnects`), then what the
 * places of the two show. Devices are indexed once, so asking for many pairs is cheap.
 */
export function interconnects(topology: Topology): InterconnectOf {
  const direct = new Map(
    topology.links.flatMap(({ a, b, kind, lanes }) => {
      const name: DirectInterconnect = `${kind === "nvlink" ? "NV" : "XGMI"}${lanes ?? "#"}`;
      return [
        [`${a} ${b}`, name],
        [`${b} ${a}`, name],
      ] as const;
    }),
  );
  const otherwise = pciInterconnects(topology);
  return (a, b) => direct.get(`${a} ${b}`) ?? otherwise(a, b);
}

/** The same without direct links: how the two reach each other over PCI Express. */
export function pciInterconnects(
  topology: Topology,
): (a: string, b: string) => PciInterconnect | null {
  const stated = new Map(
    topology.interconnects.flatMap(({ a, b, class: name }) => [
      [`${a} ${b}`, name],
      [`${b} ${a}`, name],
    ]),
  );
  const derived = derivedInterconnects(topology);
  return (a, b) => stated.get(`${a} ${b}`) ?? derived(a, b);
}

/**
 * The interconnect that follows from the places of two devices: the bridges above both, and their
 * nodes.
 */
export function derivedInterconnects({
  pci,
}: Pick<Topology, "pci">): (a: string, b: string) => PciInterconnect | null {
  const byAddress = new Map(pci.map((device) => [device.address, device]));
  return (a, b) => {
    const deviceA = byAddress.get(a);
    const deviceB = byAddress.get(b);
    if (deviceA === undefined || deviceB === undefined) return null;
    return overPci(deviceA, deviceB, byAddress);
  };
}

function overPci(
  a: PciDevice,
  b: PciDevice,
  byAddress: ReadonlyMap<string, PciDevice>,
): PciInterconnect | null {
  if (a.root === b.root) {
    const above = bridgesAbove(a, byAddress);
    const aboveOther = bridgesAbove(b, byAddress);
    const meeting = above.findIndex((bridge) => aboveOther.includes(bridge));
    if (meeting < 0) return "PHB";
    // Below a switch's upstream port lie its downstream ports, and the devices below those: two
    // steps up from either device is one switch, more is several.
    const steps = Math.max(meeting, aboveOther.indexOf(above[meeting] ?? "")) + 1;
    return steps <= 2 ? "PIX" : "PXB";
  }
  if (a.node === null || b.node === null) return null;
  return a.node === b.node ? "NODE" : "SYS";
}

/**
 * The addresses of the bridges above a device, nearest first, without the root bus. A topology that
 * contradicts itself may have bridges in a circle; each is visited once.
 */
export function bridgesAbove(
  device: PciDevice,
  byAddress: ReadonlyMap<string, PciDevice>,
): string[] {
  const bridges: string[] = [];
  let parent = device.parent;
  while (parent !== null && !bridges.includes(parent)) {
    bridges.push(parent);
    parent = byAddress.get(parent)?.parent ?? null;
  }
  return bridges;
}
