import type { Link, PciDevice, Topology } from "../topology/topology.ts";
import { valueOf } from "../unit/list.ts";
import { count, type Tally } from "../unit/tally.ts";
import { element, type XmlElement } from "../xml/element.ts";
import { pciClass } from "./pci-class.ts";

/** The link elements of the accelerator at an address. */
export type LinkElements = (address: string) => XmlElement[];

/**
 * Builds the links that NCCL lists for each GPU, by their other end, which for GPUs on NVSwitches
 * is the switch and not another GPU. A Topology has pairs of GPUs, so the switches are inferred: if
 * NVSwitches are among the PCI functions, or some GPU would need more links than any GPU has to
 * reach all peers directly, and if links into switches give exactly the same pairs. Which link goes
 * to which switch is unknown, and NCCL treats all switches as one, so the links get the target of
 * switches that a guest cannot see.
 */
export function linkElements({ links, pci }: Topology): LinkElements {
  const byAddress = new Map(pci.map((device) => [device.address, device]));
  const intoSwitches = lanesIntoSwitches(links, pci);
  return (address) => {
    const lanes = intoSwitches.get(address);
    const fabric = lanes === undefined ? [] : [switchElement(lanes)];
    const direct = links.flatMap((link) => {
      if (link.a !== address && link.b !== address) return [];
      if (link.kind === "nvlink" && intoSwitches.size > 0) return [];
      return [directElement(link, byAddress.get(link.a === address ? link.b : link.a))];
    });
    return [...fabric, ...direct].flatMap((printed) => printed ?? []);
  };
}

function switchElement(lanes: number): XmlElement {
  return element("nvlink", { target: "fffffff:ff:ff.0", count: lanes, tclass: "0x068000" });
}

function directElement({ kind, lanes }: Link, target: PciDevice | undefined): XmlElement | null {
  // NCCL and RCCL have no name for Xe Link.
  if (target === undefined || kind === "xelink") return null;
  const isGpu = target.class.startsWith("03") || target.class.startsWith("12");
  return element(kind, {
    target: target.address,
    ...(lanes === null ? {} : { count: lanes }),
    ...(isGpu ? { tclass: pciClass(target) } : {}),
  });
}

/** The most links of any GPU: 18 since Hopper, fewer before. */
const NVLINKS_MAX = 18;

/** The number of links of each GPU into NVSwitches; empty where the pairs are linked directly. */
function lanesIntoSwitches(
  links: readonly Link[],
  pci: readonly PciDevice[],
): ReadonlyMap<string, number> {
  const none = new Map<string, number>();
  const most = new Map<string, number>();
  const sums: Tally<string> = new Map();
  const pairs = links.filter(({ kind }) => kind === "nvlink");
  for (const { a, b, lanes } of pairs) {
    if (lanes === null) return none;
    for (const end of [a, b]) {
      most.set(end, Math.max(lanes, most.get(end) ?? lanes));
      count(sums, end, lanes);
    }
  }
  const hasSwitches = pci.some(
    ({ vendor, class: code }) => vendor === "10de" && code.startsWith("0680"),
  );
  if (!hasSwitches && Math.max(0, ...sums.values()) <= NVLINKS_MAX) return none;
  const everyPair = (most.size * (most.size - 1)) / 2 === pairs.length;
  const same = pairs.every(
    ({ a, b, lanes }) => lanes === Math.min(valueOf(most, a), valueOf(most, b)),
  );
  return everyPair && same ? most : none;
}
