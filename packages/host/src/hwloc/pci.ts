import { withInferredParents } from "@evenkeel/core/topology/inferred-parents.ts";
import { normalPciAddress, pciAddressParts } from "@evenkeel/core/topology/pci-address.ts";
import type { PciDevice } from "@evenkeel/core/topology/topology.ts";
import { attribute } from "@evenkeel/core/xml/element.ts";
import { type HwlocNode, nodeOfCpus } from "./nodes.ts";
import { above, type HwlocExport, type HwlocObject, unexpected } from "./object.ts";
import { unknownSettings } from "@evenkeel/core/topology/unknown-settings.ts";

/** A PCI function and its object in the export. */
export interface HwlocPci {
  readonly object: HwlocObject;
  readonly device: PciDevice;
}

/**
 * The PCI functions of an export, bridges included.
 *
 * - **node** comes from the nearest object above that has a place. One of hwloc 1's node objects
 *   decides; otherwise the node is the only one whose own CPUs overlap the object's. hwloc attaches
 *   a device of unknown place to the whole machine, and a device that a package's nodes share to
 *   the package; in both cases the node is unknown. On a machine with one node, every device is on
 *   that node.
 * - **root** is named by the host bridge's first bus, as the kernel does. An export without host
 *   bridges has been filtered, and the bus of the topmost remaining bridge is used instead.
 * - **link** stays unknown: hwloc has one figure in GB/s. Several combinations of speed and width
 *   have the same figure, it is the current speed of some devices and the maximum of others, and
 *   hwloc's NVML backend caps it at PCIe 3.
 * - **physicalFunction** is not in the export, and is inferred from the address where possible.
 */
export function readPci(hwloc: HwlocExport, nodes: readonly HwlocNode[]): HwlocPci[] {
  const functions = functionsOf(hwloc);
  const nodeOfObject = nodeFinder(nodes);
  const addresses = new Map(functions.map(({ object, address }) => [object, address]));
  const identities = functions.map(({ object }) => identityOf(object, hwloc.where));
  // hwloc 3 writes the programming interface, but writes 00 for every device of an older export
  // that it converts.
  const hasInterface = identities.some(({ interface: code }) => code !== "" && code !== "00");
  const found = functions.map(({ object, address }, i) => {
    const {
      class: code = "",
      interface: last = "",
      vendor = "",
      device = "",
    } = identities[i] ?? {};
    const bridge = above(object, (candidate) => addresses.has(candidate));
    return {
      object,
      device: {
        address,
        parent: bridge === null ? null : (addresses.get(bridge) ?? null),
        root: rootOf(object, address, addresses),
        class: hasInterface ? code + last : code,
        vendor,
        device,
        node: nodeOfObject(object),
        iommuGroup: null,
        driver: null,
        link: null,
        barBytes: null,
        physicalFunction: null,
        ...unknownSettings,
      },
    };
  });
  const devices = withInferredParents(found.map(({ device }) => device));
  return found.map((each, i) => ({ ...each, device: devices[i] ?? each.device }));
}

/**
 * The objects that are PCI functions, one per address. If an export that was edited by hand has
 * several of one address, the object below the bridge that leads to its bus is taken, or else the
 * first.
 */
function functionsOf(hwloc: HwlocExport): { object: HwlocObject; address: string }[] {
  const byAddress = new Map<string, HwlocObject[]>();
  for (const object of hwloc.objects) {
    const address = addressOf(object, hwloc.where);
    if (address !== null) byAddress.set(address, [...(byAddress.get(address) ?? []), object]);
  }
  return [...byAddress].flatMap(([address, objects]) => {
    const object = objects.find((candidate) => isBelowItsBridge(candidate, address)) ?? objects[0];
    return object === undefined ? [] : [{ object, address }];
  });
}

function isBelowItsBridge(object: HwlocObject, address: string): boolean {
  const buses = busesOf(object.parent);
  const own = pciAddressParts(address);
  return buses !== null && own !== null && buses.first <= own.bus && own.bus <= buses.last;
}

/** The buses that a bridge leads to, written `0000:[2b-3b]`. */
function busesOf(bridge: HwlocObject | null) {
  const text = bridge === null ? null : attribute(bridge.element, "bridge_pci");
  const pattern = /^([0-9a-f]{4,8}):\[([0-9a-f]{2})-([0-9a-f]{2})\]$/;
  const match = pattern.exec(text?.toLowerCase() ?? "");
  if (match === null) return null;
  const [, domain = "", first = "", last = ""] = match;
  return { name: `${domain}:${first}`, first: parseInt(first, 16), last: parseInt(last, 16) };
}

function addressOf({ type, element }: HwlocObject, where: string): string | null {
  const text = attribute(element, "pci_busid");
  if (text === null || (type !== "PCIDev" && type !== "Bridge")) return null;
  const address = normalPciAddress(text);
  if (address !== null) return address;
  throw unexpected(`${type} has "${text.slice(0, 40)}" as its PCI address`, where);
}

interface Identity {
  readonly class: string;
  /** Two digits, or none before hwloc 3. */
  readonly interface: string;
  readonly vendor: string;
  readonly device: string;
}

/** `0302 [10de:1db8] [10de:131d] a1 00`: class, device, subsystem, revision, interface. */
const pciType =
  /^([0-9a-f]{4}) \[([0-9a-f]{4}):([0-9a-f]{4})\](?: \[[0-9a-f:]{9}\] [0-9a-f]{2}(?: ([0-9a-f]{2}))?)?$/;

function identityOf({ type, element }: HwlocObject, where: string): Identity {
  const text = attribute(element, "pci_type") ?? "";
  const match = pciType.exec(text.trim().toLowerCase());
  if (match === null) throw unexpected(`${type} has "${text.slice(0, 60)}" as its PCI type`, where);
  const [, code = "", vendor = "", device = "", last = ""] = match;
  return { class: code, interface: last, vendor, device };
}

function rootOf(
  object: HwlocObject,
  address: string,
  addresses: ReadonlyMap<HwlocObject, string>,
): string {
  let topmost = address;
  for (let at = object.parent; at !== null; at = at.parent) {
    topmost = addresses.get(at) ?? topmost;
    const buses = busesOf(at);
    const isHostBridge = attribute(at.element, "bridge_type")?.startsWith("0-") === true;
    if (isHostBridge && buses !== null) return `pci${buses.name}`;
  }
  return `pci${topmost.slice(0, topmost.indexOf(":") + 3)}`;
}

/** The node of an object without CPUs of its own. */
function nodeFinder(nodes: readonly HwlocNode[]): (object: HwlocObject) => number | null {
  const [only, ...others] = nodes;
  if (only !== undefined && others.length === 0) return () => only.id;
  const nodeOf = nodeOfCpus(nodes);
  return (object) => {
    const place = above(object, ({ cpus }) => cpus !== null);
    if (place === null || place.cpus === null) return null;
    return place.type === "NUMANode" ? place.osIndex : nodeOf(place.cpus);
  };
}
