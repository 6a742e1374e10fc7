import { type AcceleratorParts, buildTopology } from "@evenkeel/core/topology/build.ts";
import { checkedTopology } from "@evenkeel/core/topology/check.ts";
import {
  acceleratorPatterns,
  matchingDevices,
  nicPatterns,
} from "@evenkeel/core/topology/device-pattern.ts";
import type { Nic, PciDevice, Topology } from "@evenkeel/core/topology/topology.ts";
import { attribute, child, childrenNamed, type XmlElement } from "@evenkeel/core/xml/element.ts";
import { acceleratorModel } from "../pci-ids/accelerator-models.ts";
import { readXml } from "../xml/read-xml.ts";
import { nodeParts, readCpus, readMachine } from "./cpus.ts";
import { readLinks } from "./links.ts";
import { type NcclPci, readPci } from "./pci.ts";
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
export function readNccl(text: string, where: string): Topology {
  const system = readSystem(text, where);
  const cpus = readCpus(system, where);
  const pci = readPci(cpus, where);
  const gpus = ofRole(pci, "gpu");
  if (gpus.length > GPUS_MAX) throw unexpected(`has ${gpus.length} GPUs`, where);
  const topology = buildTopology({
    name: attribute(system, "name")?.trim() || nameOf(where),
    source: "nccl",
    machine: readMachine(cpus),
    nodes: nodeParts(cpus, where),
    pci: pci.map(({ device }) => device),
    accelerators: gpus.map(acceleratorOf),
    nics: ofRole(pci, "nic").map(nicOf),
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
    if (element === null) return false;
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

function acceleratorOf({ device: { address, vendor, device } }: NcclPci): AcceleratorParts {
  const model = acceleratorModel(vendor, device);
  return { address, model, uuid: null, moduleId: null, memoryBytes: null };
}

/**
 * A NIC, named after its first network: NCCL puts the ports and virtual functions of a card into
 * one function. RDMA ports count from 1. A network that NCCL reaches through sockets has port 0,
 * which does not mean that the card has no RDMA.
 */
function nicOf({ element, device }: NcclPci): Nic {
  const cards = element === null ? [] : childrenNamed(element, "nic");
  const nets = cards.flatMap((card) => childrenNamed(card, "net"));
  const name = nets.map((net) => attribute(net, "name")?.trim() ?? "").find((text) => text !== "");
  const ports = nets.flatMap((net) => readCount(attribute(net, "port")) ?? []);
  const hasPort = ports.some((port) => port > 0);
  const rdma = device.class.startsWith("0207") || hasPort ? true : null;
  return { address: device.address, name: name ?? null, rdma };
}
