import { intersection, isEmpty } from "../set/index-set.ts";
import { setOf } from "../set/list-format.ts";
import type { Link, LinkKind, PciDevice, PciInterconnect, Topology } from "./topology.ts";

/**
 * The interconnect class of two devices, in the terms of `nvidia-smi topo -m`:
 *
 * - `NV18`, `XGMI3`, `XL16`: directly, over that many lanes (`NV#` where the number is unknown)
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
export type DirectInterconnect = `${(typeof prefixes)[LinkKind]}${number | "#"}`;

const prefixes = { nvlink: "NV", xgmi: "XGMI", xelink: "XL" } as const;

/** The name of a direct link's class: `NV18`. */
export function linkClass({ kind, lanes }: Pick<Link, "kind" | "lanes">): DirectInterconnect {
  return `${prefixes[kind]}${lanes ?? "#"}`;
}

/** Whether the name of an interconnect is that of a direct link. */
export function isDirect(name: string): boolean {
  return /^(?:NV|XGMI|XL)(?:\d|#)/.test(name);
}

/** The interconnect of two different devices, or null where it is unknown. */
export type InterconnectOf = (a: string, b: string) => Interconnect | null;

/**
 * Looks up interconnects. A direct link takes precedence, then a stated class
 * (`Topology.interconnects`, which may state that it is unknown), then the class that follows from
 * the devices' places. The maps are built once, so many pairs can be looked up cheaply.
 */
export function interconnects(topology: Topology): InterconnectOf {
  const direct = new Map(
    topology.links.flatMap((link) => {
      const [name, { a, b }] = [linkClass(link), link];
      return [
        [`${a} ${b}`, name],
        [`${b} ${a}`, name],
      ] as const;
    }),
  );
  const otherwise = pciInterconnects(topology);
  return (a, b) => direct.get(`${a} ${b}`) ?? otherwise(a, b);
}

/** Looks up the class over PCI Express, without direct links. */
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
  return (a, b) => {
    const found = stated.get(`${a} ${b}`);
    return found === undefined ? derived(a, b) : found;
  };
}

/**
 * Derives the class from the devices' places: the bridges that they have in common, and their
 * nodes. Devices whose nodes have no known numbers may share one, or be on two with different CPUs.
 */
export function derivedInterconnects({
  pci,
  unnumberedNodes,
}: Pick<Topology, "pci" | "unnumberedNodes">): (a: string, b: string) => PciInterconnect | null {
  const byAddress = new Map(pci.map((device) => [device.address, device]));
  const onUnnumbered = unnumberedInterconnects(unnumberedNodes);
  return (a, b) => {
    const deviceA = byAddress.get(a);
    const deviceB = byAddress.get(b);
    if (deviceA === undefined || deviceB === undefined) return null;
    return overPci(deviceA, deviceB, byAddress) ?? onUnnumbered(a, b);
  };
}

/** The class of two devices below different host bridges, of which no node has a known number. */
function unnumberedInterconnects(
  nodes: Topology["unnumberedNodes"],
): (a: string, b: string) => PciInterconnect | null {
  const sets = nodes.map(({ devices, cpus }) => ({
    devices,
    cpus: cpus === null ? null : setOf(cpus),
  }));
  const nodeOf = new Map(
    sets.flatMap((node) => node.devices.map((address) => [address, node] as const)),
  );
  return (a, b) => {
    const [one, other] = [nodeOf.get(a), nodeOf.get(b)];
    if (one === undefined || other === undefined) return null;
    if (one === other) return "NODE";
    if (one.cpus === null || other.cpus === null) return null;
    return isEmpty(intersection(one.cpus, other.cpus)) ? "SYS" : null;
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
    // Below a switch's upstream port are its downstream ports, and below those the devices. So two
    // steps up from either device are one switch, and more are several.
    const steps = Math.max(meeting, aboveOther.indexOf(above[meeting] ?? "")) + 1;
    return steps <= 2 ? "PIX" : "PXB";
  }
  if (a.node === null || b.node === null) return null;
  return a.node === b.node ? "NODE" : "SYS";
}

/**
 * The addresses of the bridges above a device, nearest first, without the root bus. If the bridges
 * form a loop, each occurs once.
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
