import { knownCpus } from "@evenkeel/core/topology/node-facts.ts";
import { indexSet, indices, unionAll } from "@evenkeel/core/set/index-set.ts";
import { formatList, setOf } from "@evenkeel/core/set/list-format.ts";
import type {
  Interrupts,
  PciDevice,
  PcieLink,
  Topology,
} from "@evenkeel/core/topology/topology.ts";
import { count, countOf } from "@evenkeel/core/unit/tally.ts";
import { maskText } from "./generate-cpus.ts";
import { gpusWithDriver } from "./generate-nodes.ts";
import { addLine, addLink, type GeneratedTree, unknownIndex } from "./generated-tree.ts";

/**
 * Generates the PCI functions at the kernel's places, below their host bridge and the bridges
 * between, and the links to them: Documentation/ABI/testing/sysfs-bus-pci, PCI/sysfs-pci.rst, and
 * ABI/testing/sysfs-kernel-iommu_groups. Devices of the classes `infiniband` and `net` are below
 * their function, and so is the memory size of AMD's GPUs; NVIDIA's driver has files in `/proc`.
 */
export function generatePci(tree: GeneratedTree, topology: Topology): void {
  const { pci } = topology;
  const places = placesOf(pci);
  const virtualFunctions = new Map<string, number>();
  let firstInterrupt = 40;
  for (const device of pci) {
    const at = places.get(device.address) ?? "";
    addLink(tree, `/sys/bus/pci/devices/${device.address}`, at);
    addLine(tree, `${at}/class`, `0x${device.class}`);
    addLine(tree, `${at}/vendor`, `0x${device.vendor}`);
    addLine(tree, `${at}/device`, `0x${device.device}`);
    addLine(tree, `${at}/revision`, "0xa1");
    addLine(tree, `${at}/numa_node`, device.node ?? unknownIndex);
    const local = localCpus(topology, device.node);
    addLine(tree, `${at}/local_cpulist`, local);
    addLine(tree, `${at}/local_cpus`, maskText(local));
    tree.files.set(`${at}/config`, configSpace(device, pci));
    if (device.interrupts !== null) addInterrupts(tree, at, firstInterrupt++, device.interrupts);
    if (device.link !== null) addPcieLink(tree, at, device.link);
    if (device.barBytes !== null) tree.files.set(`${at}/resource`, resource(device.barBytes));
    if (device.iommuGroup !== null) {
      const group = `/sys/kernel/iommu_groups/${device.iommuGroup}`;
      addLink(tree, `${at}/iommu_group`, group);
      addLink(tree, `${group}/devices/${device.address}`, at);
    }
    if (device.driver !== null) {
      const driver = `/sys/bus/pci/drivers/${device.driver}`;
      addLink(tree, `${at}/driver`, driver);
      addLink(tree, `${driver}/${device.address}`, at);
    }
    const physical = device.physicalFunction;
    const above = physical === null ? undefined : places.get(physical);
    if (physical === null || above === undefined) continue;
    addLink(tree, `${at}/physfn`, above);
    addLink(tree, `${above}/virtfn${countOf(virtualFunctions, physical)}`, at);
    count(virtualFunctions, physical);
  }
  addNics(tree, topology, places);
  addAccelerators(tree, topology, places);
  addVgpuTypes(tree, topology, places);
}

/** `cpumask_of_node`: for an unknown node, all online CPUs. */
function localCpus({ nodes }: Topology, id: number | null): string {
  if (id !== null) return nodes.find((node) => node.id === id)?.cpus ?? "";
  return formatList(unionAll(nodes.map(knownCpus)));
}

type Places = ReadonlyMap<string, string>;

/** The path of every function, `/sys/devices/pci0000:15/0000:15:01.0/0000:16:00.0`. */
function placesOf(pci: readonly PciDevice[]): Places {
  const devices = new Map(pci.map((device) => [device.address, device]));
  const places = new Map<string, string>();
  const placeOf = (device: PciDevice): string => {
    const known = places.get(device.address);
    if (known !== undefined) return known;
    const bridge = device.parent === null ? undefined : devices.get(device.parent);
    const above = bridge === undefined ? `/sys/devices/${device.root}` : placeOf(bridge);
    const place = `${above}/${device.address}`;
    places.set(device.address, place);
    return place;
  };
  for (const device of pci) placeOf(device);
  return places;
}

/**
 * The configuration space as root sees it: behind the header the capabilities of PCI Express, ACS
 * and ATS in lists (PCI Express Base Specification 6.0, 7.5.3, 7.7.11 and 7.8.9), with a serial
 * number between. Other users see only the header, and so do tests with unknown controls.
 */
function configSpace(device: PciDevice, pci: readonly PciDevice[]): Uint8Array {
  const header = configHeader(device, pci);
  const { acsRedirect, atsEnabled } = device;
  if (acsRedirect === null || atsEnabled === null) return header;
  const bytes = new Uint8Array(4096);
  const view = new DataView(bytes.buffer);
  bytes.set(header);
  view.setUint16(0x06, 0x0010, true);
  bytes[0x34] = 0x60;
  bytes.set([0x05, 0x70], 0x60);
  bytes.set([0x10, 0x00], 0x70);
  const extended = (at: number, id: number, next: number): void =>
    view.setUint32(at, id | (1 << 16) | (next << 20), true);
  extended(0x100, 0x01, 0x150);
  extended(0x150, 0x03, 0x1a0);
  bytes.set([1, 2, 3, 4, 5, 6, 7, 8], 0x154);
  extended(0x1a0, 0x0d, 0x2b0);
  // Source validation and upstream forwarding redirect nothing.
  view.setUint16(0x1a6, acsRedirect ? 0x1d : 0x11, true);
  extended(0x2b0, 0x0f, 0);
  view.setUint16(0x2b6, atsEnabled ? 0x8000 : 0x0005, true);
  return bytes;
}

/**
 * ABI/testing/sysfs-bus-pci (`msi_irqs`), core-api/irq/irq-affinity.rst: two interrupts, one for
 * the lowest CPU and one for the others, and a third without a handler.
 */
function addInterrupts(
  tree: GeneratedTree,
  at: string,
  place: number,
  { allowedCpus, effectiveCpus }: Interrupts,
): void {
  const numbers = [place * 3, place * 3 + 1, place * 3 + 2];
  addLine(tree, `${at}/irq`, 11);
  for (const number of numbers) addLine(tree, `${at}/msi_irqs/${number}`, "msix");
  for (const [i, number] of numbers.slice(0, 2).entries()) {
    addLine(tree, `/proc/irq/${number}/smp_affinity_list`, shareOf(allowedCpus, i));
    if (effectiveCpus === null) continue;
    addLine(tree, `/proc/irq/${number}/effective_affinity_list`, shareOf(effectiveCpus, i));
  }
}

/** The lowest CPU, or the others; a single CPU is in both sets. */
function shareOf(list: string, place: number): string {
  const cpus = indices(setOf(list));
  return formatList(indexSet(place === 0 || cpus.length === 1 ? cpus.slice(0, 1) : cpus.slice(1)));
}

/**
 * The 64 bytes of configuration space that everybody may read (PCI Local Bus Specification 3.0,
 * 6.1; PCI-to-PCI Bridge Architecture 1.2, 3.2): of a bridge also the buses that it leads to.
 */
function configHeader(device: PciDevice, pci: readonly PciDevice[]): Uint8Array {
  const bytes = new Uint8Array(64);
  const view = new DataView(bytes.buffer);
  view.setUint16(0, parseInt(device.vendor ?? "ffff", 16), true);
  view.setUint16(2, parseInt(device.device ?? "ffff", 16), true);
  view.setUint32(8, (parseInt(device.class.padEnd(6, "0"), 16) << 8) | 0xa1, true);
  if (!device.class.startsWith("0604")) return bytes;
  const busOf = ({ address }: PciDevice): number =>
    parseInt(address.slice(address.indexOf(":") + 1), 16);
  const children = pci.filter(({ parent }) => parent === device.address);
  let last = busOf(device);
  const pending = [...children];
  for (let next = pending.pop(); next !== undefined; next = pending.pop()) {
    const { address } = next;
    last = Math.max(last, busOf(next));
    pending.push(...pci.filter(({ parent }) => parent === address));
  }
  bytes[0x0e] = 1;
  bytes[0x18] = busOf(device);
  bytes[0x19] = children.length === 0 ? 0 : Math.min(...children.map(busOf));
  bytes[0x1a] = last;
  return bytes;
}

/** The register values for a link that is down, and the kernel's text for one that it lost. */
const linkDown = 0;
const linkLost = 0xff;

/** `pci_speed_string` and the width from the link registers. */
function addPcieLink(tree: GeneratedTree, at: string, link: PcieLink): void {
  const speed = (value: number | null): string =>
    value === null ? "Unknown" : `${value.toFixed(1)} GT/s PCIe`;
  addLine(tree, `${at}/current_link_speed`, speed(link.speedGTs));
  addLine(tree, `${at}/current_link_width`, link.width ?? linkDown);
  addLine(tree, `${at}/max_link_speed`, speed(link.maxSpeedGTs));
  addLine(tree, `${at}/max_link_width`, link.maxWidth ?? linkLost);
}

const memory64Prefetchable = 0x14220cn;
const memory32 = 0x40200n;
const ports = 0x40101n;

/**
 * Prints thirteen lines of start, end and flags (include/linux/ioport.h): six registers, the
 * expansion ROM, six of SR-IOV. A 64-bit register takes two of the lines; the second is empty.
 */
function resource(sizes: readonly number[]): string {
  const wide = sizes.length <= 3;
  const lines: string[] = [];
  let next = 0x2000_0000_0000n;
  const line = (start: bigint, end: bigint, flags: bigint): void => {
    const words = [start, end, flags].map((word) => `0x${word.toString(16).padStart(16, "0")}`);
    lines.push(words.join(" "));
  };
  for (const size of sizes) {
    const bytes = BigInt(size);
    // A register decodes addresses that are a multiple of its size.
    const start = (next / bytes + 1n) * bytes;
    line(start, start + bytes - 1n, wide ? memory64Prefetchable : memory32);
    if (wide) line(0n, 0n, 0n);
    next = start + bytes;
  }
  // Small boards have an I/O port range in a free register.
  if (lines.length < 6) line(0x3000n, 0x30ffn, ports);
  while (lines.length < 13) line(0n, 0n, 0n);
  // The expansion ROM is memory too, but not a BAR.
  lines[6] = "0x00000000c0000000 0x00000000c007ffff 0x0000000000046200";
  return `${lines.join("\n")}\n`;
}

/** Every NIC has an interface, and an RDMA device if it has RDMA. */
function addNics(tree: GeneratedTree, { nics }: Topology, places: Places): void {
  const add = (deviceClass: string, name: string, at: string): void => {
    addLine(tree, `${at}/${deviceClass}/${name}/uevent`, "");
    addLink(tree, `/sys/class/${deviceClass}/${name}`, `${at}/${deviceClass}/${name}`);
  };
  // The directory of the class exists once its module is loaded, even without devices.
  if (nics.some(({ rdma }) => rdma !== null)) {
    const path = "/sys/class/infiniband";
    addLine(tree, `${path}/.class`, "");
  }
  for (const [i, { address, name, rdma }] of nics.entries()) {
    const at = places.get(address);
    if (at === undefined || name === null) continue;
    if (rdma === true) add("infiniband", name, at);
    add("net", rdma === true ? `ens${i}np0` : name, at);
  }
}

/**
 * NVIDIA's files since Linux 6.8: the number of the current type, or 0, and the types that could be
 * set, with a heading.
 */
function addVgpuTypes(tree: GeneratedTree, { accelerators, pci }: Topology, places: Places): void {
  const virtual = new Set(
    pci.flatMap(({ address, physicalFunction }) => (physicalFunction === null ? [] : [address])),
  );
  const parts = accelerators.filter(({ address }) => virtual.has(address));
  const types = [...new Set(parts.flatMap(({ profile }) => profile ?? []))];
  const listed = types.map((name, i) => `${700 + i}    : ${name}\n`).join("");
  for (const { address, profile } of parts) {
    const at = `${places.get(address) ?? ""}/nvidia`;
    addLine(tree, `${at}/current_vgpu_type`, profile === null ? 0 : 700 + types.indexOf(profile));
    tree.files.set(`${at}/creatable_vgpu_types`, `ID     : vGPU Name\n${listed}`);
  }
}

function addAccelerators(tree: GeneratedTree, topology: Topology, places: Places): void {
  const withDriver = new Set(gpusWithDriver(topology));
  const vendors = new Map(topology.pci.map(({ address, vendor }) => [address, vendor]));
  for (const { address, model, uuid, memoryBytes } of topology.accelerators) {
    if (vendors.get(address) === "1002" && memoryBytes !== null) {
      addLine(tree, `${places.get(address) ?? ""}/mem_info_vram_total`, memoryBytes);
    }
    if (!withDriver.has(address) || (model === null && uuid === null)) continue;
    const text =
      `Model: \t\t NVIDIA ${model ?? "Graphics Device"}\nIRQ:   \t\t 18\n` +
      `GPU UUID: \t ${uuid ?? "GPU-????????-????-????-????-????????????"}\n` +
      `Bus Type: \t PCIe\nBus Location: \t ${address}\n`;
    tree.files.set(`/proc/driver/nvidia/gpus/${address}/information`, text);
  }
}
