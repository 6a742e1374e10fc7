import { type AcceleratorParts, buildTopology } from "@evenkeel/core/topology/build.ts";
import { checkedTopology } from "@evenkeel/core/topology/check.ts";
import {
  acceleratorPatterns,
  matchingDevices,
  nicPatterns,
} from "@evenkeel/core/topology/device-pattern.ts";
import type { Nic, NicPort, PciDevice, Topology } from "@evenkeel/core/topology/topology.ts";
import {
  attribute,
  child,
  childElements,
  childrenNamed,
  type XmlElement,
} from "@evenkeel/core/xml/element.ts";
import { acceleratorModel } from "../pci-ids/accelerator-models.ts";
import { rdmaById } from "../pci-ids/rdma-nics.ts";
import { ignore, type Note, noteLeftovers } from "../text/note.ts";
import { readXml } from "../xml/read-xml.ts";
import { nodeParts, readCpus, readMachine } from "./cpus.ts";
import { readLinks } from "./links.ts";
import { isBridge, type NcclPci, readPci } from "./pci.ts";
import { readCount, unexpected } from "./values.ts";

/**
 * Reads a topology file of NCCL or RCCL: the dump that `NCCL_TOPO_DUMP_FILE` names, or the file
 * that clouds ship for `NCCL_TOPO_FILE`. It has GPUs and NICs, the switches above them, their nodes
 * and links; it has no memory, distances or cores.
 * https://github.com/NVIDIA/nccl, src/graph/xml.cc and topo.cc
 *
 * Errors: those of `readXml`; `xml-unexpected` where the document is not such a topology, or
 * describes several hosts; `topology-inconsistent` where it contradicts itself.
 */
export function readNccl(text: string, where: string, note: Note = ignore): Topology {
  const system = readSystem(text, where);
  const name = attribute(system, "name")?.trim() || nameOf(where);
  const topology = topologyOfSystem(system, { where, name, modelOf: () => null });
  noteLeftovers(note, "NCCL", where, { missing: [], unused: unusedIn(system) });
  return topology;
}

/** How a system is called, and what else than the file knows its GPUs' models by address. */
interface Naming {
  readonly where: string;
  readonly name: string;
  readonly modelOf: (address: string) => string | null;
}

/** The machine in a `<system>`. Errors: those of `readNccl`. */
export function topologyOfSystem(system: XmlElement, { where, name, modelOf }: Naming): Topology {
  const cpus = readCpus(system, where);
  const pci = readPci(cpus, where);
  const gpus = ofRole(pci, "gpu");
  if (gpus.length > GPUS_MAX) throw unexpected(`has ${gpus.length} GPUs`, where);
  const topology = buildTopology({
    name,
    source: "nccl",
    machine: readMachine(cpus),
    nodes: nodeParts(cpus, where),
    pci: pci.map(({ device }) => device),
    accelerators: gpus.map((gpu) => acceleratorOf(gpu, modelOf)),
    nics: ofRole(pci, "nic").map((nic) => nicOf(nic, where)),
    links: readLinks(gpus),
  });
  return checkedTopology(topology, where);
}

/** More than any machine has. The limit bounds the work that is quadratic in the GPUs. */
const GPUS_MAX = 256;

function readSystem(text: string, where: string): XmlElement {
  const root = readXml(text, where);
  if (root.name === "system") return root;
  if (root.name === "graphs") {
    throw unexpected(
      "<graphs> holds the rings and trees that NCCL found, not the machine it found them on",
      where,
      "give the file of NCCL_TOPO_DUMP_FILE, not that of NCCL_GRAPH_DUMP_FILE",
    );
  }
  throw unexpected(`the document is a <${root.name.slice(0, 40)}>`, where);
}

/** The file's name without its folder and ending. */
function nameOf(where: string): string {
  return where.slice(where.lastIndexOf("/") + 1).replace(/\.xml$/, "");
}

/**
 * The functions that the file marks as GPUs or NICs, and those whose class says so. Files made for
 * `NCCL_TOPO_FILE` leave it to NCCL to find out, and often omit the vendor too.
 */
function ofRole(pci: readonly NcclPci[], role: "gpu" | "nic"): NcclPci[] {
  const functions = pci.map(({ device }) => device);
  const patterns = role === "gpu" ? acceleratorPatterns : nicPatterns;
  const matching = new Set(matchingDevices(functions, patterns));
  const other = role === "gpu" ? "nic" : "gpu";
  return pci.filter(({ element, device }) => {
    if (element === null || isBridge(element)) return false;
    if (child(element, role) !== null) return true;
    if (child(element, other) !== null) return false;
    return matching.has(device) || isUnmarked(device, role);
  });
}

function isUnmarked({ vendor, class: code }: PciDevice, role: "gpu" | "nic"): boolean {
  if (role === "nic") return code === "02";
  // NCCL writes `0x03` for a GPU whose class it cannot read.
  return vendor === null && /^(03$|0300|0302|0380|12)/.test(code);
}

function acceleratorOf(
  { element, device: { address, vendor, device } }: NcclPci,
  modelOf: Naming["modelOf"],
): AcceleratorParts {
  const model = acceleratorModel(vendor, device) ?? modelOf(address);
  const gpus = element === null ? [] : childrenNamed(element, "gpu");
  // Older releases and files made by hand leave it out, whether it is there or not.
  const c2c = gpus.some((gpu) => child(gpu, "c2c") !== null) ? true : null;
  return { address, model, uuid: null, moduleId: null, memoryBytes: null, c2c };
}

/**
 * A NIC, named after its first network: NCCL puts the ports and virtual functions of a card into
 * one function. RDMA ports count from 1. A network that NCCL reaches through sockets has port 0,
 * which does not mean that the card has no RDMA.
 */
function nicOf({ element, device }: NcclPci, where: string): Nic {
  const cards = element === null ? [] : childrenNamed(element, "nic");
  const nets = cards.flatMap((card) => childrenNamed(card, "net"));
  if (nets.length > PORTS_MAX) throw unexpected(`has a NIC with ${nets.length} networks`, where);
  const ports = nets.map(portOf);
  const name = ports.find((port) => port.name !== null)?.name ?? null;
  const hasPort = ports.some(({ port }) => port !== null);
  const rdma = device.class.startsWith("0207") || hasPort ? true : rdmaById(device);
  return { address: device.address, name, rdma, ports: ports.length === 0 ? null : ports };
}

/** NCCL itself ends at 64 networks a machine. */
const PORTS_MAX = 1024;

function portOf(net: XmlElement): NicPort {
  const text = attribute(net, "name")?.trim().slice(0, 64) ?? "";
  const [port, speed] = [readCount(attribute(net, "port")), readSpeed(attribute(net, "speed"))];
  const guid = attribute(net, "guid")?.trim().toLowerCase() ?? "";
  return {
    name: text === "" ? null : text,
    port: port === null || port === 0 || port > 65_535 ? null : port,
    bytesPerSecond: speed,
    guid: /^0x[0-9a-f]{1,16}$/.test(guid) ? guid : null,
  };
}

/** Megabits a second, in bytes; -1 and 0 mean that the NIC does not tell. */
function readSpeed(text: string | null): number | null {
  const megabits = /^\s*\d{1,9}\s*$/.test(text ?? "") ? Number(text) : 0;
  return megabits === 0 ? null : megabits * 125_000;
}

/** What the file says of the machine that a topology has no place for. */
function unusedIn(system: XmlElement): string[] {
  const found = new Set<string>();
  const look = (element: XmlElement): void => {
    for (const [name, what] of unusedAttributes) {
      if (element.attributes.has(name)) found.add(what);
    }
    const holdsNics = element.name === "cpu" || (element.name === "pci" && isBridge(element));
    if (holdsNics && child(element, "nic") !== null) {
      found.add("networks that belong to no single PCI function");
    }
    for (const inner of childElements(element)) look(inner);
  };
  look(system);
  return [...found];
}

const unusedAttributes: readonly (readonly [string, string])[] = [
  ["familyid", "the processors' family and model numbers"],
  ["subsystem_vendor", "subsystem ids"],
  ["sm", "compute capabilities"],
  ["gcn", "GPU architectures"],
  ["gdr", "support of GPUDirect RDMA"],
  ["latency", "latencies of networks"],
  ["maxconn", "limits of connections"],
  ["bw", "bandwidths of links to processors"],
];
