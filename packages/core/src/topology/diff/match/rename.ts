import type { PciDevice, Topology } from "../../topology.ts";
import type { Matching } from "./match-devices.ts";

/** Marks names of the second machine that the first has no match for; no address contains it. */
const MARK = "only in b:";

/** A machine under the names that another has for its devices, and its own names by these. */
export interface Renamed {
  readonly topology: Topology;
  readonly ownNames: ReadonlyMap<string, string>;
}

/**
 * The second machine of a matching under the first one's addresses and host bridges, in canonical
 * order. What has no match keeps its name with a mark, since the first machine may have something
 * else under that name.
 */
export function renamed(b: Topology, matching: Matching): Renamed {
  const names = new Map([...matching].map(([own, other]) => [other, own]));
  const named = (name: string): string => names.get(name) ?? `${MARK}${name}`;
  const at = <T extends { readonly address: string }>(device: T): T => ({
    ...device,
    address: named(device.address),
  });
  const pair = <T extends { readonly a: string; readonly b: string }>(link: T): T => {
    const [low = "", high = ""] = [named(link.a), named(link.b)].toSorted();
    return { ...link, a: low, b: high };
  };
  const functionOf = (device: PciDevice): PciDevice => ({
    ...at(device),
    parent: device.parent === null ? null : named(device.parent),
    root: named(device.root),
    physicalFunction: device.physicalFunction === null ? null : named(device.physicalFunction),
  });
  const topology: Topology = {
    ...b,
    pci: b.pci.map(functionOf),
    accelerators: b.accelerators.map(at),
    nics: b.nics.map(at),
    links: b.links.map(pair),
    interconnects: b.interconnects.map(pair),
    unnumberedNodes: b.unnumberedNodes.map((node) => ({
      ...node,
      devices: node.devices.map(named).toSorted(),
    })),
    partitions: b.partitions.map((one) => ({
      ...one,
      accelerators: one.accelerators.map(named).toSorted(),
    })),
  };
  return { topology, ownNames: new Map([...matching].filter(([own, other]) => own !== other)) };
}

/** A text without the marks of what only the second machine has. */
export function withoutMarks(text: string): string {
  return text.replaceAll(MARK, "");
}
