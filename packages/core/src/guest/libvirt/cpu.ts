import { KiB } from "../../unit/bytes.ts";
import { element, type XmlElement } from "../../xml/element.ts";
import type { Guest, GuestCell } from "../guest.ts";
import type { LibvirtOptions } from "./options.ts";

export function vcpuElements({ cpu, iothreadPins }: Guest): XmlElement[] {
  const vcpu = element("vcpu", { placement: "static" }, [`${cpu.vcpus}`]);
  if (iothreadPins.length === 0) return [vcpu];
  const ids = iothreadPins.map(({ id }) => element("iothread", { id }));
  return [
    vcpu,
    element("iothreads", {}, [`${iothreadPins.length}`]),
    element("iothreadids", {}, ids),
  ];
}

/** Where every thread of the VM runs. */
export function cpuTuneElement({ vcpuPins, emulatorCpus, iothreadPins }: Guest): XmlElement {
  return element("cputune", {}, [
    ...vcpuPins.map(({ id, cpus }) => element("vcpupin", { vcpu: id, cpuset: cpus })),
    element("emulatorpin", { cpuset: emulatorCpus }),
    ...iothreadPins.map(({ id, cpus }) => element("iothreadpin", { iothread: id, cpuset: cpus })),
  ]);
}

export function cpuElement(guest: Guest, options: LibvirtOptions): XmlElement {
  const { sockets, coresPerSocket, threadsPerCore } = guest.cpu;
  // In software the CPU is not the host's, and needs nothing that the host's does.
  const own = options.emulated === true ? [] : guest.cpu.features;
  const features = new Set([...own, ...(options.cpuFeatures ?? [])]);
  return element("cpu", cpuMode(guest, options), [
    element("topology", { sockets, dies: 1, cores: coresPerSocket, threads: threadsPerCore }),
    ...addressWidth(guest, options),
    ...Array.from(features, (name) => element("feature", { policy: "require", name })),
    element("numa", {}, guest.cells.map(cellElement)),
  ]);
}

function cpuMode(
  { architecture }: Guest,
  { emulated }: LibvirtOptions,
): Readonly<Record<string, string>> {
  if (emulated === true) return { mode: "maximum", check: "none" };
  // A guest with a passed-through device does not migrate, so it may see features that cannot.
  // Only x86 has them, and the attribute.
  const migratable = architecture === "x86_64" ? { migratable: "off" } : {};
  return { mode: "host-passthrough", check: "none", ...migratable };
}

/** TCG's own address width, in bits. */
const EMULATED_ADDRESS_BITS = 40;

/**
 * The guest's physical address width. Firmware believes a width that it knows to be the host's, and
 * sizes the PCI window by it; in software any width does, if it holds the window. libvirt has it on
 * x86 alone.
 */
function addressWidth({ architecture, cpu }: Guest, { emulated }: LibvirtOptions): XmlElement[] {
  if (architecture !== "x86_64") return [];
  if (emulated !== true) return [element("maxphysaddr", { mode: "passthrough" })];
  if (cpu.addressBits <= EMULATED_ADDRESS_BITS) return [];
  return [element("maxphysaddr", { mode: "emulate", bits: cpu.addressBits })];
}

function cellElement({ id, cpus, memoryBytes, distances }: GuestCell): XmlElement {
  const siblings = (distances ?? []).map((value, to) => element("sibling", { id: to, value }));
  return element(
    "cell",
    { id, cpus, memory: memoryBytes / KiB, unit: "KiB" },
    siblings.length === 0 ? [] : [element("distances", {}, siblings)],
  );
}
