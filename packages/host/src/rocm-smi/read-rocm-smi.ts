import { EvenkeelError } from "@evenkeel/core/error/evenkeel-error.ts";
import {
  type AcceleratorParts,
  buildTopology,
  type NodeParts,
} from "@evenkeel/core/topology/build.ts";
import { checkedTopology } from "@evenkeel/core/topology/check.ts";
import { normalPciAddress } from "@evenkeel/core/topology/pci-address.ts";
import { standInAddress, standInRoot } from "@evenkeel/core/topology/stand-in.ts";
import type {
  Link,
  PciDevice,
  StatedInterconnect,
  Topology,
} from "@evenkeel/core/topology/topology.ts";
import { acceleratorModel } from "../pci-ids/accelerator-models.ts";
import { nameOfText } from "../text/read-lines.ts";
import { jsonWithin, parseJson } from "./parse-json.ts";
import { parseText } from "./parse-text.ts";
import { unified } from "./unified.ts";
import { ignore, type Note, noteLeftovers } from "../text/note.ts";
import { type GpuFacts, type PairFacts, type Reading, refuseLarge, unexpected } from "./reading.ts";
import { unknownSettings } from "@evenkeel/core/topology/unknown-settings.ts";

/**
 * Reads the AMD GPUs of a machine from the outputs of `rocm-smi` and `amd-smi`, as text, CSV or
 * JSON: their names, memory and addresses, their nodes, and their XGMI links. What each option
 * prints completes the others, in one text too.
 *
 * - A GPU has its bus address where the tool prints it (amd-smi, and rocm-smi with `--showbus`),
 *   and otherwise a stand-in address by its number. GPUs by number and GPUs by address are the same
 *   where their bus addresses are, or else the tool's numbers.
 * - XGMI is a link if the path is direct. The driver weighs a path by 15 for each hop over XGMI (13
 *   within one package), while the tools print 1 hop at any distance. So the weight decides where
 *   there is one. The number of lanes is unknown.
 *   https://github.com/ROCm/rocm-systems/issues/5763, https://github.com/open-mpi/hwloc/issues/775
 * - PCIE is not an interconnect class: weight and hops count the processors on the way, but no
 *   switches. SYS is certain for GPUs of two nodes, and for GPUs three hops apart, over two
 *   processors. GPUs of one node meet within it; each has a stand-in host bridge of its own, so
 *   their class is NODE, the farthest possible.
 * - The node is the kernel's (`Numa Affinity`) where both are printed. The other is the driver's,
 *   which puts a GPU of an unknown node on node 0. CPUs and memory of nodes are unknown.
 *
 * `note` says what the text lacks, and what else it has.
 *
 * Errors: `text-unexpected` where the text has no GPUs, `json-malformed`, `file-too-large`;
 * `topology-inconsistent` where it contradicts itself.
 */
export function readRocmSmi(text: string, where: string, note: Note = ignore): Topology {
  refuseLarge(text, where);
  const json = jsonWithin(text);
  const found =
    json === null ? parseText(text, where) : { reading: parseJson(json, where), missing: [] };
  const reading = unified(found.reading);
  const gpus = [...reading.gpus.values()].toSorted(byNumber);
  if (gpus.length === 0) throw unexpected("has no GPUs", where);
  const addresses = addressesOf(gpus, where);
  const nodes = new Set(gpus.flatMap((gpu) => nodeOf(gpu) ?? []));
  const topology = buildTopology({
    name: nameOfText(where),
    source: "rocm-smi",
    nodes: [...nodes].map(nodeParts),
    pci: gpus.map((gpu, i) => pciDevice(gpu, addresses.get(gpu.label) ?? "", i)),
    accelerators: gpus.map((gpu) => acceleratorOf(gpu, addresses.get(gpu.label) ?? "")),
    links: linksOf(reading, addresses),
    interconnects: overTwoProcessors(reading, addresses),
  });
  noteLeftovers(note, "rocm-smi or amd-smi", where, {
    missing: found.missing,
    unused: [...reading.unused],
  });
  return checkedTopology(topology, where);
}

const numberOf = ({ label }: GpuFacts): number =>
  label.startsWith("GPU") ? Number(label.slice(3)) : Infinity;

/** Orders GPUs by number; GPUs identified by address keep their order. */
function byNumber(a: GpuFacts, b: GpuFacts): number {
  const [one, other] = [numberOf(a), numberOf(b)];
  return one === other ? 0 : one - other;
}

/** Each GPU's address by its label. */
function addressesOf(gpus: readonly GpuFacts[], where: string): Map<string, string> {
  const numbered = gpus.filter((gpu) => numberOf(gpu) !== Infinity);
  if (numbered.length > 0 && numbered.length < gpus.length) {
    const remedy = "give the output of each tool as a separate source";
    throw unexpected("has GPUs by number and others by address", where, remedy);
  }
  const addresses = new Map<string, string>();
  for (const gpu of gpus) {
    const number = numberOf(gpu);
    const address =
      number === Infinity ? gpu.label : (normalPciAddress(gpu.bus ?? "") ?? standInAddress(number));
    addresses.set(gpu.label, address);
  }
  if (new Set(addresses.values()).size === addresses.size) return addresses;
  throw new EvenkeelError("topology-inconsistent", "two GPUs have one bus address", {
    where,
    expected: "an address for each GPU",
  });
}

/** Linux' own limit (MAX_NUMNODES); -1, 65535 and 4294967295 mean unknown. */
const NODES_MAX = 1024;

function nodeOf({ numaAffinity, numaNode }: GpuFacts): number | null {
  const text = numaAffinity ?? numaNode ?? "";
  return /^\d{1,4}$/.test(text) && Number(text) < NODES_MAX ? Number(text) : null;
}

function nodeParts(id: number): NodeParts {
  return { id, package: null, cpus: null, memoryBytes: null, kind: null, hugepages: null };
}

function idOf({ deviceId }: GpuFacts): string | null {
  return deviceId === null ? null : deviceId.slice(2).toLowerCase();
}

/** AMD's names of one id differ by the tool; ours is that of the id, if it is known. */
function acceleratorOf(gpu: GpuFacts, address: string): AcceleratorParts {
  const { name, uuid, oamId, memoryBytes, index, parts } = gpu;
  // `Aqua Vanjaram [Instinct MI300A]`: the chip's code name, and the product.
  const product = /\[([^\]]{1,80})\]$/.exec(name ?? "")?.[1] ?? name;
  const chip = acceleratorModel("1002", idOf(gpu));
  return {
    address,
    model: chip ?? product?.replace(/^AMD (?!Radeon Graphics$)/, "") ?? null,
    productName: name,
    index,
    uuid: uuid !== null && /^[0-9a-f-]{36}$/i.test(uuid) ? uuid.toLowerCase() : null,
    moduleId: oamId !== null && /^\d{1,3}$/.test(oamId) ? Number(oamId) : null,
    memoryBytes,
    instances: parts.map((part) => ({
      profile: part.mode,
      uuid: null,
      memoryBytes: part.memoryBytes,
    })),
  };
}

/** The class is unknown: display up to MI200, accelerator since MI300. */
function pciDevice(gpu: GpuFacts, address: string, ordinal: number): PciDevice {
  const { maxWidth, maxSpeedGTs } = gpu;
  const known = maxWidth !== null || maxSpeedGTs !== null;
  return {
    address,
    parent: null,
    root: standInRoot(ordinal),
    class: "",
    vendor: "1002",
    device: idOf(gpu),
    node: nodeOf(gpu),
    iommuGroup: null,
    driver: null,
    link: known ? { speedGTs: null, width: null, maxSpeedGTs, maxWidth } : null,
    barBytes: null,
    physicalFunction: null,
    ...unknownSettings,
  };
}

function linksOf({ pairs }: Reading, addresses: ReadonlyMap<string, string>): Link[] {
  return [...pairs.values()].flatMap((pair): Link[] => {
    const [a, b] = [addresses.get(pair.a), addresses.get(pair.b)];
    if (a === undefined || b === undefined || !isDirect(pair)) return [];
    return [{ a, b, kind: "xgmi", lanes: null }];
  });
}

/** From the GPU to its processor, to the other processor, to the other GPU. */
const HOPS_OVER_TWO_PROCESSORS = 3;

function overTwoProcessors(
  { pairs }: Reading,
  addresses: ReadonlyMap<string, string>,
): StatedInterconnect[] {
  return [...pairs.values()].flatMap((pair): StatedInterconnect[] => {
    const [a, b] = [addresses.get(pair.a), addresses.get(pair.b)];
    if (a === undefined || b === undefined) return [];
    const overPci = /^PCIE$/i.test(pair.facts.get("link type") ?? "");
    const hops = figureOf(pair, "hops");
    const isFar = overPci && hops !== null && hops >= HOPS_OVER_TWO_PROCESSORS;
    return isFar ? [{ a, b, class: "SYS" }] : [];
  });
}

/** The weight of one hop; a hop within a package weighs less. */
const WEIGHT_OF_A_HOP = 15;

function isDirect(pair: PairFacts): boolean {
  if (pair.facts.get("link type")?.toUpperCase() !== "XGMI") return false;
  const [weight, hops] = [figureOf(pair, "weight"), figureOf(pair, "hops")];
  // Some drivers print a weight of 0 for all pairs.
  if (weight !== null && weight > 0) return weight <= WEIGHT_OF_A_HOP;
  return hops === null || hops <= 1;
}

/** The value of a fact; null where it is missing or not a number. */
function figureOf({ facts }: PairFacts, fact: "weight" | "hops"): number | null {
  const text = facts.get(fact) ?? "";
  return /^\d{1,9}$/.test(text) ? Number(text) : null;
}
