import { pciAddressParts } from "../../topology/pci-address.ts";
import { KiB } from "../../unit/bytes.ts";
import { element, type XmlElement } from "../../xml/element.ts";
import type {
  Guest,
  GuestArchitecture,
  PassedFunction,
  PciExpander,
  PciPort,
  PciRoot,
} from "../guest.ts";
import type { LibvirtOptions } from "./options.ts";

/**
 * The PCI tree from the root down, the devices behind its ports, and what keeps libvirt from adding
 * devices that nobody asked for. The platform's own come last: libvirt gives them the slots of
 * bus 0 that are free.
 */
export function deviceElements(
  { architecture, pci, cpu }: Guest,
  options: LibvirtOptions,
): XmlElement[] {
  const ports = pci.expanders.flatMap((expander) =>
    expander.ports.map((port) => ({ expander, port })),
  );
  return [
    rootElement(pci, architecture),
    ...pci.expanders.map(expanderElement),
    ...ports.map(({ expander, port }) => portElement(expander, port)),
    element("controller", { type: "usb", model: "none" }),
    ...ports.flatMap(({ port }) => port.functions.map((fn) => hostdevElement(port, fn))),
    element("memballoon", { model: "none" }),
    ...(cpu.extendedInterrupts ? [iommuElement()] : []),
    ...(options.devices ?? []),
  ];
}

const hex = (value: number, digits: number): string =>
  `0x${value.toString(16).padStart(digits, "0")}`;

function pciAddress(bus: number, slot: number, fn: number): Readonly<Record<string, string>> {
  return {
    type: "pci",
    domain: "0x0000",
    bus: hex(bus, 2),
    slot: hex(slot, 2),
    function: hex(fn, 1),
  };
}

function controller(index: number, model: string, children: readonly XmlElement[]): XmlElement {
  return element("controller", { type: "pci", index, model }, children);
}

function rootElement({ window64Bytes }: PciRoot, architecture: GuestArchitecture): XmlElement {
  // On aarch64 libvirt 9.0 refuses the size, and the firmware takes the machine's: `windowArguments`.
  if (window64Bytes === null || architecture !== "x86_64") return controller(0, "pcie-root", []);
  const size = element("pcihole64", { unit: "KiB" }, [`${window64Bytes / KiB}`]);
  return controller(0, "pcie-root", [size]);
}

function expanderElement({ index, slot, cell, bus }: PciExpander): XmlElement {
  return controller(index, "pcie-expander-bus", [
    element("model", { name: "pxb-pcie" }),
    element("target", { busNr: bus }, [element("node", {}, [`${cell}`])]),
    element("address", pciAddress(0, slot, 0)),
  ]);
}

/**
 * In an address libvirt means by `bus` the number of a controller, not the guest's bus number. A
 * port without hot plugging needs no I/O and memory space kept for what might come (QEMU's
 * docs/pcie.txt, 5): the devices of a plan are there from the start.
 */
function portElement(expander: PciExpander, { index, slot }: PciPort): XmlElement {
  return controller(index, "pcie-root-port", [
    element("model", { name: "pcie-root-port" }),
    // Chassis numbers are unique in a guest, and so are the controllers' own.
    element("target", { chassis: index, port: hex(slot * 8, 1), hotplug: "off" }),
    element("address", pciAddress(expander.index, slot, 0)),
  ]);
}

function hostdevElement(port: PciPort, fn: PassedFunction): XmlElement {
  const host = pciAddressParts(fn.hostAddress);
  const source = {
    domain: hex(host?.domain ?? 0, 4),
    bus: hex(host?.bus ?? 0, 2),
    slot: hex(host?.device ?? 0, 2),
    function: hex(host?.function ?? 0, 1),
  };
  // Function 0 says whether there are others to look for.
  const several = fn.function === 0 && port.functions.length > 1 ? { multifunction: "on" } : {};
  return element("hostdev", { mode: "subsystem", type: "pci", managed: "yes" }, [
    element("driver", { name: "vfio" }),
    element("source", {}, [element("address", source)]),
    element("address", { ...pciAddress(port.index, 0, fn.function), ...several }),
  ]);
}

/**
 * Remaps interrupts for vCPUs above 255. VFIO needs to see the guest's mappings, hence the caching
 * mode; a guest that does not use it for isolation boots with `iommu=pt` and pays nothing.
 */
function iommuElement(): XmlElement {
  const driver = element("driver", { intremap: "on", caching_mode: "on", eim: "on" });
  return element("iommu", { model: "intel" }, [driver]);
}
