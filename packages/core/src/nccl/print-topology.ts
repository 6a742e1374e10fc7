import { knownCpus } from "../topology/node-facts.ts";
import { EvenkeelError } from "../error/evenkeel-error.ts";
import { unionAll } from "../set/index-set.ts";
import { setOf } from "../set/list-format.ts";
import { formatMask } from "../set/mask-format.ts";
import { bridgesAbove } from "../topology/interconnect.ts";
import { comparePciAddresses, pciAddressParts } from "../topology/pci-address.ts";
import { isStandIn } from "../topology/stand-in.ts";
import type { Nic, PciDevice, Topology } from "../topology/topology.ts";
import { wholeAccelerators } from "../topology/virtual-functions.ts";
import { element, type XmlElement } from "../xml/element.ts";
import { type LinkElements, linkElements } from "./print-links.ts";
import { type Attributes, pciClass } from "./pci-class.ts";

/**
 * Builds NCCL's topology file for the machine, the file that NCCL dumps (`NCCL_TOPO_DUMP_FILE`) and
 * reads (`NCCL_TOPO_FILE`): accelerators and NICs below their NUMA nodes, the part of the PCI tree
 * above them that NCCL sees, and the links between accelerators. RCCL's files have version 2,
 * NCCL's version 1. Unknown facts are left out, and NCCL adds them where it runs. Write it with
 * `writeXml(…, '"')`: NCCL reads only attributes in double quotes.
 * https://github.com/NVIDIA/nccl, src/graph/xml.cc
 *
 * Virtual functions are left out: on the host NCCL runs on whole GPUs, and on virtual functions
 * only in guests.
 *
 * Walking up from a device, NCCL skips every other bridge, so a switch is one element, and root
 * ports and host bridges are left out. Nodes without devices are not in the file. Linear in the
 * functions and the links.
 *
 * Errors: `render-unsupported` for a machine without accelerators and NICs, or without their bus
 * addresses, which NCCL needs to find them.
 */
export function ncclTopology(topology: Topology): XmlElement {
  const nics = new Map(topology.nics.map((nic) => [nic.address, nic]));
  const dev = new Map(wholeAccelerators(topology).map(({ address }, i) => [address, i]));
  const devices = topology.pci.filter(({ address }) => nics.has(address) || dev.has(address));
  refuseUnusable(topology, devices);
  const printing: Printing = {
    topology,
    byAddress: new Map(topology.pci.map((device) => [device.address, device])),
    nics,
    dev,
    links: linkElements(topology),
    standIns: new Map(),
  };
  const isAmd = devices.some(({ address, vendor }) => dev.has(address) && vendor === "1002");
  return element(
    "system",
    { version: isAmd ? 2 : 1 },
    printCpus(printing, branches(printing, devices)),
  );
}

interface Printing {
  readonly topology: Topology;
  readonly byAddress: ReadonlyMap<string, PciDevice>;
  readonly nics: ReadonlyMap<string, Nic>;
  /** Each accelerator's number in the order of addresses, as NVML counts. */
  readonly dev: ReadonlyMap<string, number>;
  readonly links: LinkElements;
  /** The bus ids of bridges without an address. */
  readonly standIns: Map<string, string>;
}

function refuseUnusable(topology: Topology, devices: readonly PciDevice[]): void {
  const fault = devices.length === 0 ? "has neither accelerators nor NICs" : null;
  const nameless = devices.find(({ address }) => isStandIn(address));
  if (fault === null && nameless === undefined) return;
  throw new EvenkeelError(
    "render-unsupported",
    fault ?? "the bus addresses of its accelerators or NICs are not known",
    {
      where: topology.name,
      expected: "a machine with devices that NCCL can find by their bus addresses",
      remedy: "read the machine from a source that has them, such as its sysfs",
    },
  );
}

/** A function that NCCL shows, and the functions inside it. */
interface Branch {
  readonly device: PciDevice;
  readonly below: Map<string, Branch>;
}

/** The branches directly below the CPUs. */
function branches(printing: Printing, devices: readonly PciDevice[]): Branch[] {
  const top = new Map<string, Branch>();
  for (const device of devices) {
    const switches = bridgesAbove(device, printing.byAddress)
      .filter((_, steps) => steps % 2 === 1)
      .flatMap((address) => printing.byAddress.get(address) ?? []);
    let level = top;
    for (const shown of [device, ...switches].toReversed()) {
      const branch: Branch = level.get(shown.address) ?? { device: shown, below: new Map() };
      level.set(shown.address, branch);
      level = branch.below;
    }
  }
  return sorted(top);
}

/** NCCL orders the functions below one bridge by ascending bus address. */
function sorted(level: ReadonlyMap<string, Branch>): Branch[] {
  return [...level.values()].toSorted((a, b) =>
    comparePciAddresses(a.device.address, b.device.address),
  );
}

function printCpus(printing: Printing, top: readonly Branch[]): XmlElement[] {
  const byNode = new Map<number, Branch[]>();
  for (const branch of top) {
    const node = nodeOf(branch) ?? UNKNOWN_NODE;
    byNode.set(node, [...(byNode.get(node) ?? []), branch]);
  }
  // The unknown node is last, because NCCL takes the first node for NICs without a PCI function.
  const order = [...byNode.keys()].toSorted((a, b) => rank(a) - rank(b));
  return order.map((node) =>
    element(
      "cpu",
      cpuAttributes(printing.topology, node),
      (byNode.get(node) ?? []).map((branch) => printBranch(printing, branch)),
    ),
  );
}

/** NCCL's number for devices whose node the kernel does not know. */
const UNKNOWN_NODE = -1;

const rank = (node: number): number => (node === UNKNOWN_NODE ? Infinity : node);

/**
 * The branch's node. The kernel gives every function a node; other sources may give one only to
 * devices.
 */
function nodeOf({ device, below }: Branch): number | null {
  if (device.node !== null) return device.node;
  for (const branch of sorted(below)) {
    const node = nodeOf(branch);
    if (node !== null) return node;
  }
  return null;
}

/** NCCL's names of architectures. */
const architectures: ReadonlyMap<string | null, string> = new Map([
  ["x86_64", "x86_64"],
  ["aarch64", "arm64"],
  ["ppc64le", "ppc64"],
]);

function cpuAttributes({ nodes, offlineCpus, machine }: Topology, node: number): Attributes {
  const sets = nodes.map(knownCpus);
  const words = unionAll([...sets, setOf(offlineCpus)]).words.length;
  const told = nodes.find(({ id, cpus }) => id === node && cpus !== null);
  const own = told === undefined ? undefined : knownCpus(told);
  const arch = architectures.get(machine.architecture);
  const vendor = arch === "x86_64" ? cpuVendor(machine.cpuModel) : null;
  return {
    numaid: node,
    ...(own === undefined ? {} : { affinity: formatMask(own, words) }),
    ...(arch === undefined ? {} : { arch }),
    ...(vendor === null ? {} : { vendor }),
  };
}

/** The vendor in CPUID leaf 0, from the processor's name. */
function cpuVendor(model: string | null): string | null {
  if (model === null) return null;
  if (/\bIntel\b/i.test(model)) return "GenuineIntel";
  return /\bAMD\b/i.test(model) ? "AuthenticAMD" : null;
}

function printBranch(printing: Printing, { device, below }: Branch): XmlElement {
  const { vendor, device: id } = device;
  const attributes: Attributes = {
    busid: busId(printing, device.address),
    ...(device.class === "" ? {} : { class: pciClass(device) }),
    ...(vendor === null ? {} : { vendor: `0x${vendor}` }),
    ...(id === null ? {} : { device: `0x${id}` }),
    ...linkAttributes(printing, device),
  };
  const inner = sorted(below).map((branch) => printBranch(printing, branch));
  return element("pci", attributes, [...roleOf(printing, device), ...inner]);
}

function roleOf({ dev, nics, links }: Printing, { address }: PciDevice): XmlElement[] {
  const number = dev.get(address);
  if (number !== undefined) return [element("gpu", { dev: number }, links(address))];
  const nic = nics.get(address);
  return nic === undefined ? [] : [element("nic", {}, netsOf(nic))];
}

/** A NIC's networks: one for each known port, otherwise one with the NIC's name. */
function netsOf({ name, ports }: Nic): XmlElement[] {
  if (ports === null) return name === null ? [] : [element("net", { name })];
  return ports.map(({ name: own, port, bytesPerSecond, guid }) =>
    element("net", {
      ...(own === null ? {} : { name: own }),
      ...(bytesPerSecond === null ? {} : { speed: Math.round(bytesPerSecond / megabit) }),
      ...(port === null ? {} : { port }),
      ...(guid === null ? {} : { guid }),
    }),
  );
}

/** The bytes in a megabit, NCCL's unit of speed. */
const megabit = 125_000;

/**
 * The kernel's maximum of the device or of the port above it, whichever is less. Where only the
 * current value is known, it is used instead of the maximum.
 */
function linkAttributes({ byAddress }: Printing, { link, parent }: PciDevice): Attributes {
  const port = parent === null ? null : (byAddress.get(parent)?.link ?? null);
  const lesser = (values: readonly (number | null | undefined)[]): number | null => {
    const known = values.filter((value) => typeof value === "number");
    return known.length === 0 ? null : Math.min(...known);
  };
  const speed = lesser([link, port].map((end) => end?.maxSpeedGTs ?? end?.speedGTs));
  const width = lesser([link, port].map((end) => end?.maxWidth ?? end?.width));
  return {
    ...(speed === null ? {} : { link_speed: `${speed.toFixed(1)} GT/s PCIe` }),
    ...(width === null ? {} : { link_width: width }),
  };
}

/**
 * Bus ids must be unique, and NCCL reads domains of any width. A bridge without an address gets an
 * id like those that clouds invent: `ffff:ff:01.0`, and so on.
 */
function busId({ standIns }: Printing, address: string): string {
  if (pciAddressParts(address) !== null && !isStandIn(address)) return address;
  const ordinal = standIns.size + 1;
  const hex = (value: number): string => value.toString(16).padStart(2, "0");
  const made = standIns.get(address) ?? `ffff:${hex(0xff - (ordinal >> 5))}:${hex(ordinal & 31)}.0`;
  standIns.set(address, made);
  return made;
}
