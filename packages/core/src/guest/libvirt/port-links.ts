import { element, type XmlElement } from "../../xml/element.ts";
import type { Guest } from "../guest.ts";
import { portProperties } from "../port-link.ts";

/**
 * What root ports say of their links. libvirt has no element for it, so QEMU's properties are
 * overridden (since libvirt 8.2, https://libvirt.org/kbase/qemu-passthrough-security.html); the
 * device is found by its alias, which libvirt makes `pci.3` for controller 3. None where no port
 * is told anything.
 */
export function portLinkElements({ pci }: Pick<Guest, "pci">): XmlElement[] {
  const devices = pci.expanders
    .flatMap(({ ports }) => ports)
    .flatMap(({ index, link }) => {
      const properties = Object.entries(link === null ? {} : portProperties(link)).map(
        ([name, value]) => element("qemu:property", { name, type: "string", value }),
      );
      if (properties.length === 0) return [];
      const frontend = element("qemu:frontend", {}, properties);
      return [element("qemu:device", { alias: `pci.${index}` }, [frontend])];
    });
  return devices.length === 0 ? [] : [element("qemu:override", {}, devices)];
}

/** Where ports are overridden, what libvirt says of the domain for it, in its log and `dominfo`. */
export function taintNotes(guest: Pick<Guest, "pci">): readonly string[] {
  if (portLinkElements(guest).length === 0) return [];
  return [
    "libvirt marks this domain as tainted (custom device configuration), because it sets the " +
      "links of its root ports by QEMU's own properties",
  ];
}
