import type { Guest, PassedFunction, PciExpander, PciPort, PciSwitch } from "../guest.ts";
import { devicePorts } from "../guest.ts";
import { portProperties } from "../port-link.ts";

/**
 * The PCI tree from the root down, each bridge before what is below it, and the devices behind its
 * ports. Names are libvirt's, `pci.3` for controller 3, so that one monitor command finds a device
 * under both.
 */
export function deviceArguments({ pci, cpu }: Guest): string[] {
  const devices = [
    // Before anything that it remaps. VFIO needs to see the guest's mappings, hence the caching
    // mode.
    ...(cpu.extendedInterrupts ? [iommu] : []),
    ...pci.expanders.map(expander),
    ...pci.expanders.flatMap((above) =>
      above.ports.flatMap((port) => [
        rootPort(above, port),
        ...(port.switch === null ? [] : switchPorts(port, port.switch)),
      ]),
    ),
    ...devicePorts(pci)
      .flatMap((port) => port.functions.map((fn) => ({ port, fn })))
      .map(({ port, fn }, i) => passed(port, fn, i)),
  ];
  return devices.flatMap((device) => ["-device", JSON.stringify(device)]);
}

const iommu = {
  driver: "intel-iommu",
  id: "iommu0",
  intremap: "on",
  "caching-mode": true,
  eim: "on",
};

const hex = (value: number): string => `0x${value.toString(16)}`;

function expander({ index, slot, cell, bus }: PciExpander): object {
  const at = { bus: "pcie.0", addr: hex(slot) };
  return { driver: "pxb-pcie", id: `pci.${index}`, bus_nr: bus, numa_node: cell, ...at };
}

/** Not for hot plugging: nothing then keeps buses and memory back for what might come. */
function rootPort(above: PciExpander, { index, slot, link }: PciPort): object {
  return {
    driver: "pcie-root-port",
    id: `pci.${index}`,
    bus: `pci.${above.index}`,
    addr: hex(slot),
    // Chassis numbers are unique in a guest, and so are the controllers' own.
    chassis: index,
    port: slot * 8,
    hotplug: false,
    ...(link === null ? {} : portProperties(link)),
  };
}

function switchPorts(above: PciPort, { index, ports }: PciSwitch): object[] {
  const upstream = {
    driver: "x3130-upstream",
    id: `pci.${index}`,
    bus: `pci.${above.index}`,
    addr: hex(0),
  };
  const downstream = ports.map((port) => ({
    driver: "xio3130-downstream",
    id: `pci.${port.index}`,
    bus: `pci.${index}`,
    addr: hex(port.slot),
    chassis: port.index,
    port: port.slot,
    hotplug: false,
  }));
  return [upstream, ...downstream];
}

function passed(port: PciPort, fn: PassedFunction, i: number): object {
  // Function 0 says whether there are others to look for.
  const several = fn.function === 0 && port.functions.length > 1 ? { multifunction: true } : {};
  return {
    driver: "vfio-pci",
    id: `hostdev${i}`,
    host: fn.hostAddress,
    bus: `pci.${port.index}`,
    addr: `0x0.${hex(fn.function)}`,
    ...several,
  };
}
