import { element, type XmlElement } from "../../xml/element.ts";
import { writeXml } from "../../xml/write.ts";
import { firmwareOf } from "../firmware.ts";
import type { Guest } from "../guest.ts";
import { cpuElement, cpuTuneElement, vcpuElements } from "./cpu.ts";
import { deviceElements } from "./devices.ts";
import { commandLineElements, contractElements, osElement } from "./firmware.ts";
import { memoryBackingElement, memoryElement, numaTuneElement } from "./memory.ts";
import type { LibvirtOptions } from "./options.ts";
import { portLinkElements, taintNotes } from "./port-links.ts";

/** The XML namespace of what Evenkeel writes into a domain: `virsh metadata VM urn:evenkeel:v1`. */
const metadataNamespace = "urn:evenkeel:v1";

/**
 * A guest as libvirt's domain XML (https://libvirt.org/formatdomain.html), the same bytes for the
 * same guest. It has all that the plan decides, and nothing else: no disk, no network, no console
 * unless `options.devices` brings them.
 *
 * It needs libvirt 9.0 and QEMU 7.2. The youngest things used are `maxphysaddr` (libvirt 8.7),
 * `override` (8.2), `fwcfg` (6.5), `hotplug` on root ports (6.3), `firmware` features (7.2), the
 * CPU mode `maximum` of `emulated` (7.1), and `pxb-pcie` on aarch64 (QEMU 6.0). Guests made for
 * later limits may need more: a PCI window above 512 GiB on aarch64 needs QEMU 10.0, more than 288
 * vCPUs on x86 QEMU 8.1, root ports above 16 GT/s QEMU 9.0.
 *
 * VFIO pins a guest's memory while it has a device, and libvirt raises the limit for that by
 * itself. `<locked/>` would lift the limit for the emulator altogether, so it is not used.
 *
 * Errors: `render-unsupported`.
 */
export function libvirtXml(guest: Guest, options: LibvirtOptions = {}): string {
  return writeXml(domainElement(guest, options));
}

function domainElement(guest: Guest, options: LibvirtOptions): XmlElement {
  const firmware = firmwareOf(guest, options);
  const type = options.emulated === true ? "qemu" : "kvm";
  const namespace = { "xmlns:qemu": "http://libvirt.org/schemas/domain/qemu/1.0" };
  const ofQemu = [...commandLineElements(guest, firmware, options), ...portLinkElements(guest)];
  return element("domain", { type, ...(ofQemu.length > 0 ? namespace : {}) }, [
    element("name", {}, [guest.name]),
    element("uuid", {}, [guest.uuid]),
    ...(guest.description === "" ? [] : [element("description", {}, [guest.description])]),
    metadataElement(guest),
    memoryElement(guest),
    memoryBackingElement(guest),
    ...vcpuElements(guest),
    cpuTuneElement(guest),
    numaTuneElement(guest),
    osElement(guest, firmware),
    ...contractElements(options),
    featuresElement(guest, options),
    cpuElement(guest, options),
    clockElement(guest),
    element("devices", {}, deviceElements(guest, options)),
    ...ofQemu,
  ]);
}

/** The plan that the domain is made from, and where the domain differs from it. */
function metadataElement(guest: Guest): XmlElement {
  const { vm, tenant, host, signature, topologyDigest } = guest.identity;
  const attributes = {
    "xmlns:evenkeel": metadataNamespace,
    vm,
    ...(tenant === null ? {} : { tenant }),
    host,
    signature,
    topologyDigest,
  };
  const notes = [...guest.notes, ...guest.portNotes, ...taintNotes(guest)];
  const told = notes.map((note) => element("evenkeel:note", {}, [note]));
  return element("metadata", {}, [element("evenkeel:plan", attributes, told)]);
}

function featuresElement({ architecture, cpu }: Guest, options: LibvirtOptions): XmlElement {
  const acpi = element("acpi");
  if (architecture === "aarch64") {
    // Version 3 is the first that serves more than eight vCPUs.
    return element("features", {}, [acpi, element("gic", { version: 3 })]);
  }
  // The guest's kernel may spin and sleep as on bare metal, since no vCPU is ever set aside
  // (KVM_HINTS_REALTIME, Documentation/virt/kvm/x86/cpuid.rst).
  const hints = element("kvm", {}, [element("hint-dedicated", { state: "on" })]);
  return element("features", {}, [
    acpi,
    element("apic"),
    ...(cpu.dedicated && options.emulated !== true ? [hints] : []),
    element("vmport", { state: "off" }),
    // Interrupt remapping is the emulator's, so the I/O APIC must be too.
    ...(cpu.extendedInterrupts ? [element("ioapic", { driver: "qemu" })] : []),
  ]);
}

function clockElement({ architecture }: Guest): XmlElement {
  const timers =
    architecture === "x86_64" ? [element("timer", { name: "hpet", present: "no" })] : [];
  return element("clock", { offset: "utc" }, timers);
}
