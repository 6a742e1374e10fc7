import type { PcieLink } from "@evenkeel/core/topology/topology.ts";
import {
  attribute,
  child,
  childrenNamed,
  textOf,
  type XmlElement,
} from "@evenkeel/core/xml/element.ts";
import { nodeOrUnknown } from "../text/cpu-list.ts";
import { readCount, unexpected } from "./documents.ts";
import { pciAddressFrom, pciAddressOf } from "./pci-address.ts";

export const command = "nodedev-dumpxml";

/** One of libvirt's node devices. */
export interface NodeDevice {
  readonly name: string;
  readonly parent: string | null;
  /** Its path in sysfs, since libvirt 1.0.5. */
  readonly path: string | null;
  readonly driver: string | null;
  /** The capabilities by type: `pci`, `net`, `system`. */
  readonly capabilities: ReadonlyMap<string, XmlElement>;
}

/** Reads one device; `xml-unexpected` where it has no name or no capability. */
export function readNodeDevice(element: XmlElement, where: string): NodeDevice {
  const capabilities = new Map(
    childrenNamed(element, "capability").map((each) => [attribute(each, "type") ?? "", each]),
  );
  const name = textAt(element, "name");
  if (name === null || capabilities.size === 0) {
    throw unexpected("has a device without a name or a capability", where, command);
  }
  const driver = child(element, "driver");
  return {
    name,
    parent: textAt(element, "parent"),
    path: textAt(element, "path"),
    driver: driver === null ? null : textAt(driver, "name"),
    capabilities,
  };
}

/** The text of the named child; null where it is missing or empty. */
export function textAt(element: XmlElement, name: string): string | null {
  const found = child(element, name);
  const text = found === null ? "" : textOf(found);
  return text === "" ? null : text;
}

/** A device's `pci` capability. */
export interface PciCapability {
  readonly address: string;
  readonly class: string | null;
  readonly isBridge: boolean;
  readonly vendor: string | null;
  readonly device: string | null;
  readonly node: number | null;
  /** Its name in the PCI ID database of the host: `GP106 [GeForce GTX 1060 6GB]`. */
  readonly product: string | null;
  readonly iommuGroup: number | null;
  readonly link: PcieLink | null;
  /** The physical function of a virtual function. */
  readonly physicalFunction: string | null;
  /** The existing virtual functions of a physical function. */
  readonly virtualFunctions: readonly string[];
}

/** Numbers are decimal in the capability's own elements and hexadecimal in `<address>`. */
export function readPciCapability(capability: XmlElement, where: string): PciCapability {
  const address = pciAddressFrom((part) => textAt(capability, part));
  if (address === null) throw unexpected("has a PCI device without an address", where, command);
  const group = child(capability, "iommuGroup");
  const numa = child(capability, "numa");
  const inner = new Map(
    childrenNamed(capability, "capability").map((each) => [attribute(each, "type") ?? "", each]),
  );
  const code = /^0x([0-9a-f]{6})$/.exec(textAt(capability, "class")?.toLowerCase() ?? "");
  return {
    address,
    class: code?.[1] ?? null,
    isBridge: inner.has("pci-bridge") || inner.has("cardbus-bridge"),
    vendor: idOf(child(capability, "vendor")),
    device: idOf(child(capability, "product")),
    product: textAt(capability, "product"),
    node: numa === null ? null : nodeOrUnknown(readCount(attribute(numa, "node"))),
    iommuGroup: group === null ? null : readCount(attribute(group, "number")),
    link: readLink(child(capability, "pci-express")),
    physicalFunction: addressesIn(inner.get("phys_function"))[0] ?? null,
    virtualFunctions: addressesIn(inner.get("virt_functions")),
  };
}

function addressesIn(element: XmlElement | undefined): string[] {
  const addresses = element === undefined ? [] : childrenNamed(element, "address");
  return addresses.flatMap((each) => pciAddressOf(each) ?? []);
}

/** `<vendor id="0x10de">`. */
function idOf(element: XmlElement | null): string | null {
  const text = element === null ? null : attribute(element, "id");
  return /^0x([0-9a-f]{4})$/.exec(text?.toLowerCase() ?? "")?.[1] ?? null;
}

/**
 * In `<link validity="cap">` is the link's maximum, in `sta` its current state. A link that is down
 * has no speed and width 0.
 */
function readLink(express: XmlElement | null): PcieLink | null {
  const links = express === null ? [] : childrenNamed(express, "link");
  const of = (validity: string) =>
    links.find((link) => attribute(link, "validity") === validity) ?? null;
  const [now, most] = [of("sta"), of("cap")];
  const link: PcieLink = {
    speedGTs: speed(now),
    width: width(now),
    maxSpeedGTs: speed(most),
    maxWidth: width(most),
  };
  return Object.values(link).every((value) => value === null) ? null : link;
}

function speed(link: XmlElement | null): number | null {
  const text = (link === null ? null : attribute(link, "speed"))?.trim() ?? "";
  return /^\d{1,3}(\.\d)?$/.test(text) && Number(text) > 0 ? Number(text) : null;
}

/** A PCIe link has at most 32 lanes. */
function width(link: XmlElement | null): number | null {
  const lanes = readCount(link === null ? null : attribute(link, "width"));
  return lanes !== null && lanes >= 1 && lanes <= 32 ? lanes : null;
}
