import { normalPciAddress } from "@evenkeel/core/topology/pci-address.ts";
import { standInAddress, standInRoot } from "@evenkeel/core/topology/stand-in.ts";
import type { PciDevice } from "@evenkeel/core/topology/topology.ts";
import {
  attribute,
  childElements,
  childrenNamed,
  type XmlElement,
} from "@evenkeel/core/xml/element.ts";
import type { NcclCpu } from "./cpus.ts";
import { readClass, readLink, readPciId, shown, unexpected } from "./values.ts";
import { unknownSettings } from "@evenkeel/core/topology/unknown-settings.ts";

/** A PCI function and its element; a port that NCCL omits has none. */
export interface NcclPci {
  readonly element: XmlElement | null;
  readonly device: PciDevice;
}

/** Several times NCCL's own limit (MAX_NODES). */
const ELEMENTS_MAX = 16_384;

/**
 * Rebuilds the PCI tree.
 *
 * Walking up from a device, NCCL skips every other bridge: from the device over the port above it
 * to the upstream port of its switch, and so on to the CPU. So nested elements are whole switches,
 * and the ports between them are restored as stand-ins. Then two devices below one switch are PIX
 * apart, and two devices with two switches between them PXB.
 *
 * Host bridges are not in the file; NCCL treats all devices of a CPU the same. Functions of one bus
 * are certainly below one host bridge. Everything else gets a stand-in host bridge of its own, as
 * on servers, where each slot has one. Functions of one device share the port above it, unless they
 * are on bus 0, which is always a root bus.
 *
 * Switches that clouds invent in their files (`ffff:ff:01.0`) get stand-in addresses. If an address
 * occurs twice, a device keeps it before a bridge, and the first occurrence before later ones: a
 * later bridge gets a stand-in, a later device is a duplicate and skipped.
 */
export function readPci(cpus: readonly NcclCpu[], where: string): NcclPci[] {
  const walk: Walk = { where, devices: new Set(), taken: new Set(), found: [], made: 0, roots: 0 };
  for (const { element } of cpus) findDevices(walk, element);
  for (const { element, node } of cpus) readBelowCpu(walk, element, node);
  return walk.found;
}

interface Walk {
  readonly where: string;
  /** The addresses of all functions that are not bridges. */
  readonly devices: Set<string>;
  readonly taken: Set<string>;
  readonly found: NcclPci[];
  made: number;
  roots: number;
}

interface Place {
  readonly parent: string | null;
  readonly root: string;
  readonly node: number | null;
}

function findDevices(walk: Walk, above: XmlElement): void {
  for (const element of childrenNamed(above, "pci")) {
    if (!isBridge(element)) walk.devices.add(addressOf(element, walk.where));
    findDevices(walk, element);
  }
}

function readBelowCpu(walk: Walk, cpu: XmlElement, node: number | null): void {
  const roots = new Map<string, string>();
  const ports = new Map<string, string>();
  for (const element of childrenNamed(cpu, "pci")) {
    const address = addressOf(element, walk.where);
    const [bus = "", slot = ""] = isMadeUp(element)
      ? [`made up ${walk.roots}`]
      : [address.slice(0, -5), address.slice(0, -2)];
    const root = roots.get(bus) ?? standInRoot(walk.roots++);
    roots.set(bus, root);
    const onRootBus = bus.endsWith(":00");
    const parent = onRootBus
      ? null
      : (ports.get(slot) ?? addPort(walk, { parent: null, root, node }));
    if (parent !== null && slot !== "") ports.set(slot, parent);
    readFunction(walk, element, { parent, root, node });
  }
}

function readFunction(walk: Walk, element: XmlElement, place: Place): void {
  const address = ownAddress(walk, element);
  if (address === null) return;
  const id = (name: string): string | null => readPciId(attribute(element, name));
  add(walk, element, {
    ...place,
    address,
    class: readClass(attribute(element, "class")),
    vendor: id("vendor"),
    device: id("device"),
    link: readLink(element),
  });
  for (const inner of childrenNamed(element, "pci")) {
    readFunction(walk, inner, { ...place, parent: addPort(walk, { ...place, parent: address }) });
  }
}

function addPort(walk: Walk, place: Place): string {
  const address = nextStandIn(walk);
  const unknown = { vendor: null, device: null, link: null };
  add(walk, null, { ...place, ...unknown, address, class: "060400" });
  return address;
}

type Known = Omit<
  PciDevice,
  "iommuGroup" | "driver" | "barBytes" | "physicalFunction" | keyof typeof unknownSettings
>;

function add(walk: Walk, element: XmlElement | null, known: Known): void {
  if (walk.found.length >= ELEMENTS_MAX) {
    throw unexpected(`has more than ${ELEMENTS_MAX} PCI functions and ports`, walk.where);
  }
  const unknown = {
    iommuGroup: null,
    driver: null,
    barBytes: null,
    physicalFunction: null,
    ...unknownSettings,
  };
  walk.found.push({ element, device: { ...known, ...unknown } });
}

/** The function's address in the topology; null for a duplicate. */
function ownAddress(walk: Walk, element: XmlElement): string | null {
  const address = addressOf(element, walk.where);
  if (!isBridge(element)) {
    if (walk.taken.has(address)) return null;
  } else if (isMadeUp(element) || walk.taken.has(address) || walk.devices.has(address)) {
    return nextStandIn(walk);
  }
  walk.taken.add(address);
  return address;
}

function nextStandIn(walk: Walk): string {
  return standInAddress(walk.made++);
}

function addressOf(element: XmlElement, where: string): string {
  const text = attribute(element, "busid");
  const address = normalPciAddress(text ?? "");
  if (address === null) throw unexpected(`<pci> has ${shown(text)} as its busid`, where);
  return address;
}

/**
 * Whether it is a bridge; a trimmed dump may have a switch with nothing below it. NCCL puts a
 * network that it made of several NICs into the switch above them.
 */
export function isBridge(element: XmlElement): boolean {
  const holdsPci = childrenNamed(element, "pci").length > 0;
  if (holdsPci && readClass(attribute(element, "class")).startsWith("0604")) return true;
  if (childElements(element).some(({ name }) => name === "gpu" || name === "nic")) return false;
  if (holdsPci) return true;
  return readClass(attribute(element, "class")).startsWith("0604");
}

/**
 * Whether a cloud's file invented the switch: these have the domain `ffff`, for switches that
 * guests cannot see.
 */
function isMadeUp(element: XmlElement): boolean {
  return isBridge(element) && /^\s*ffff:/i.test(attribute(element, "busid") ?? "");
}
