import { knownPciAddressParts } from "../../topology/pci-address.ts";
import { KiB } from "../../unit/bytes.ts";
import { element, type XmlElement } from "../../xml/element.ts";
import type {
  Guest,
  GuestArchitecture,
  PassedFunction,
  PciExpander,
  PciPort,
  PciRoot,
  PciSwitch,
} from "../guest.ts";
import { devicePorts, isVgpu } from "../guest.ts";
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
  return [
    rootElement(pci, architecture),
    ...pci.expanders.map(expanderElement),
    ...pci.expanders.flatMap((expander) =>
      expander.ports.flatMap((port) => [
        rootPortElement(expander, port),
        ...(port.switch === null ? [] : switchElements(port, port.switch)),
      ]),
    ),
    element("controller", { type: "usb", model: "none" }),
    ...devicePorts(pci).flatMap((port) => port.functions.map((fn) => hostdevElement(port, fn))),
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
  // On aarch64 libvirt 9.0 refuses the size, and the firmware takes the machine's:
  // `commandLineElements`.
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
function rootPortElement(expander: PciExpander, { index, slot }: PciPort): XmlElement {
  return controller(index, "pcie-root-port", [
    element("model", { name: "pcie-root-port" }),
    // Chassis numbers are unique in a guest, and so are the controllers' own.
    element("target", { chassis: index, port: hex(slot * 8, 1), hotplug: "off" }),
    element("address", pciAddress(expander.index, slot, 0)),
  ]);
}

/** A switch's upstream port, and its downstream ports, which are no more made for hot plugging. */
function switchElements(above: PciPort, { index, ports }: PciSwitch): XmlElement[] {
  const upstream = controller(index, "pcie-switch-upstream-port", [
    element("model", { name: "x3130-upstream" }),
    element("address", pciAddress(above.index, 0, 0)),
  ]);
  const downstream = ports.map((port) =>
    controller(port.index, "pcie-switch-downstream-port", [
      element("model", { name: "xio3130-downstream" }),
      element("target", { chassis: port.index, port: hex(port.slot, 1), hotplug: "off" }),
      element("address", pciAddress(index, port.slot, 0)),
    ]),
  );
  return [upstream, ...downstream];
}

function hostdevElement(port: PciPort, fn: PassedFunction): XmlElement {
  const host = knownPciAddressParts(fn.hostAddress);
  const source = {
    domain: hex(host.domain, 4),
    bus: hex(host.bus, 2),
    slot: hex(host.device, 2),
    function: hex(host.function, 1),
  };
  // Function 0 says whether there are others to look for.
  const several = fn.function === 0 && port.functions.length > 1 ? { multifunction: "on" } : {};
  // libvirt would take a vGPU from the driver that makes it one.
  const managed = isVgpu(fn) ? "no" : "yes";
  return element("hostdev", { mode: "subsystem", type: "pci", managed }, [
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
