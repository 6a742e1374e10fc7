import { EvenkeelError } from "@evenkeel/core/error/evenkeel-error.ts";
import { attribute, childElements, type XmlElement } from "@evenkeel/core/xml/element.ts";
import { readXml } from "../../xml/read-xml.ts";

/** The device elements that a platform may add: https://libvirt.org/formatdomain.html#devices */
const allowed: ReadonlySet<string> = new Set([
  "channel",
  "console",
  "disk",
  "graphics",
  "input",
  "interface",
  "parallel",
  "rng",
  "serial",
  "sound",
  "tpm",
  "video",
  "vsock",
  "watchdog",
]);

/**
 * Reads a file `<devices>…</devices>`: disks, networks and consoles of the platform, which no plan
 * decides. It refuses what would take a device of the host past the plan, or a place in the PCI
 * tree of the guest: hostdev elements, controllers, any bus but the root.
 *
 * Errors: those of `readXml`, `xml-unexpected`, `devices-unsafe`.
 */
export function readPlatformDevices(text: string, where: string): readonly XmlElement[] {
  const root = readXml(text, where);
  if (root.name !== "devices") {
    throw new EvenkeelError("xml-unexpected", `its root is ${root.name}`, {
      where,
      expected: "devices as in libvirt's domain XML: <devices><disk …/>…</devices>",
    });
  }
  const devices = childElements(root);
  for (const device of devices) check(device, where);
  return devices;
}

function check(device: XmlElement, where: string): void {
  const { name } = device;
  if (!allowed.has(name)) {
    throw unsafe(`it has a ${name}`, where, `one of ${[...allowed].join(", ")}`);
  }
  if (name === "interface" && ["hostdev", "vdpa"].includes(attribute(device, "type") ?? "")) {
    throw unsafe(
      "an interface takes a device of the host",
      where,
      "a network, bridge or user interface",
    );
  }
  if (name === "disk" && ["nvme", "vhostuser"].includes(attribute(device, "type") ?? "")) {
    throw unsafe(
      `a disk is of type ${attribute(device, "type")}`,
      where,
      "a disk of type file, block, network or volume",
    );
  }
  for (const child of childElements(device)) {
    const isPci = child.name === "address" && attribute(child, "type") === "pci";
    const bus = attribute(child, "bus");
    // An address without a bus is on the root.
    if (isPci && bus !== null && Number(bus) !== 0) {
      throw unsafe(`the address of a ${name} is on bus ${bus}`, where, "bus 0, or no address");
    }
  }
}

function unsafe(message: string, where: string, expected: string): EvenkeelError {
  return new EvenkeelError("devices-unsafe", message, {
    where,
    expected,
    remedy: "ask for passed-through devices in the VirtualMachine: the plan decides their place",
  });
}
