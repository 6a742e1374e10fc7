import type { PciDevice, Topology } from "./topology.ts";

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
export type Interconnect = DirectInterconnect | "PIX" | "PXB" | "PHB" | "NODE" | "SYS";
export type DirectInterconnect = `${"NV" | "XGMI"}${number | "#"}`;

/** The interconnect of two different devices, or null where the topology does not tell. */
export type InterconnectOf = (a: string, b: string) => Interconnect | null;

/** Looks devices up once, so that many pairs can be asked for cheaply. */
export function interconnects(topology: Topology): InterconnectOf {
  const byAddress = new Map(topology.pci.map((device) => [device.address, device]));
  const direct = new Map(
    topology.links.flatMap(({ a, b, kind, lanes }) => {
      const name: DirectInterconnect = `${kind === "nvlink" ? "NV" : "XGMI"}${lanes ?? "#"}`;
      return [
        [`${a} ${b}`, name],
        [`${b} ${a}`, name],
      ] as const;
    }),
  );
  return (a, b) => {
    const link = direct.get(`${a} ${b}`);
    if (link !== undefined) return link;
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
): Interconnect | null {
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
 * The addresses of the bridges above a device, nearest first; the root bus is not among them. In a
 * topology whose bridges contradictorily lie below themselves, each is met once.
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
