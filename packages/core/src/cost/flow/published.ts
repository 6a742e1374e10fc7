import type { Accelerator, PcieLink, Topology } from "../../topology/topology.ts";
import type { Figure } from "./resource.ts";

/**
 * Published constants of processors and links, with who published them. They stand in where neither
 * a Calibration nor the firmware tells. A measurement of the family comes first. Where none is
 * named here, the vendor's specification stands in, times the share of it that measured machines
 * reach:
 *
 * - memory: channels times transfers; MLC's read peaks are 67 % of that (Xeon 6980P), 77 % (EPYC,
 *   NPS1), 80 to 88 % (Cascade Lake), 85 % (Skylake), 93 % (Ivy Bridge): 80 %
 * - links between packages: links times their rate in one direction; what one package reads from
 *   the other's memory is 79 % of that (Ivy Bridge, Haswell), 82 to 83 % (Skylake and Cascade Lake
 *   with two links and with three), 86 % (Xeon 6980P): 82 %
 *
 * All channels are taken to be filled; a host with fewer has less. Any other processor gets the
 * generic figures, which are a guess and say so.
 */
export interface ProcessorFigures {
  /** The processors, as a sentence names them. */
  readonly family: string;
  readonly memory: Published | null;
  /** From one package to one other. */
  readonly link: Published | null;
  readonly localNs: Published | null;
  readonly remoteNs: Published | null;
}

/** In bytes per second or nanoseconds. */
export interface Published {
  readonly value: number;
  readonly source: string;
}

interface Family extends ProcessorFigures {
  readonly cpuModel: RegExp;
}

const giga = 1e9;
const memoryEfficiency = 0.8;
const linkEfficiency = 0.82;

function measured(gigabytesPerSecond: number, source: string): Published {
  return { value: gigabytesPerSecond * giga, source };
}

/** Eight bytes a transfer and channel. */
function channels(count: number, megatransfers: number): Published {
  return {
    value: count * megatransfers * 8e6 * memoryEfficiency,
    source: `the vendor's specification, ${count} channels at ${megatransfers} MT/s, of which 80 % are reached`,
  };
}

/** QPI, UPI and xGMI carry two bytes a transfer and direction. */
function links(count: number, gigatransfers: number): Published {
  return {
    value: count * gigatransfers * 2 * giga * linkEfficiency,
    source: `the vendor's specification, ${count} links at ${gigatransfers} GT/s, of which 82 % are reached`,
  };
}

const kuLeuven = "Intel MLC, KU Leuven's VscDocumentation";
const csit = "Intel MLC, FD.io CSIT";
const plantegg = "Intel MLC on a Xeon Platinum 8269CY, plantegg";
const on6980P = "Intel MLC on two Xeon 6980P, sub-NUMA clusters off";

function family(
  name: string,
  cpuModel: RegExp,
  memory: Published | null,
  link: Published | null,
  latencies: readonly [localNs: number, remoteNs: number | null, source: string] | null = null,
): Family {
  const ns = (value: number | null): Published | null =>
    latencies === null || value === null ? null : { value, source: latencies[2] };
  return {
    family: name,
    cpuModel,
    memory,
    link,
    localNs: ns(latencies?.[0] ?? null),
    remoteNs: ns(latencies?.[1] ?? null),
  };
}

/** The first that matches. */
const families: readonly Family[] = [
  family(
    "Xeon E5 v2 (Ivy Bridge)",
    /\bE5-\d+\w* v2\b/,
    measured(55.3, kuLeuven),
    measured(25.4, kuLeuven),
    [61.5, 115, kuLeuven],
  ),
  family("Xeon E5 v3 (Haswell)", /\bE5-\d+\w* v3\b/, measured(57.9, csit), measured(30.3, csit), [
    100,
    137,
    csit,
  ]),
  // Measured with clusters on the die, of 36.4 GB/s each, and so without a figure of the link.
  family("Xeon E5 v4 (Broadwell)", /\bE5-\d+\w* v4\b/, measured(72.9, kuLeuven), links(2, 9.6), [
    75,
    187,
    kuLeuven,
  ]),
  // Three links between packages; with two it is 34.4, as on the smaller ones.
  family(
    "Xeon Platinum 8100 and 8200 (Skylake, Cascade Lake)",
    /\bPlatinum 8[12]\d\d/,
    measured(113.2, plantegg),
    measured(50.9, plantegg),
    [78, 144, plantegg],
  ),
  family(
    "Xeon Scalable (Skylake)",
    /\b(?:Gold|Silver|Bronze) [3-6]1\d\d/,
    measured(111, kuLeuven),
    measured(34.4, kuLeuven),
    [80, 131, kuLeuven],
  ),
  family(
    "Xeon Scalable (Cascade Lake)",
    /\b(?:Gold|Silver|Bronze) [3-6]2\d\d/,
    measured(113, kuLeuven),
    measured(34.3, kuLeuven),
    [81, 141, kuLeuven],
  ),
  family(
    "Xeon Scalable (Ice Lake)",
    /\b(?:Platinum|Gold|Silver) [4-8]3\d\d/,
    channels(8, 3200),
    links(3, 11.2),
  ),
  family(
    "Xeon Scalable (Sapphire Rapids)",
    /\b(?:Platinum|Gold|Silver) [4-8]4\d\d/,
    channels(8, 4800),
    links(3, 16),
  ),
  family(
    "Xeon Scalable (Emerald Rapids)",
    /\b(?:Platinum|Gold|Silver) [4-8]5\d\d/,
    channels(8, 5600),
    links(3, 20),
  ),
  family(
    "Xeon 6900P (Granite Rapids)",
    /\b69\d\dP\b/,
    measured(555, on6980P),
    measured(248, on6980P),
    [130.7, 430, on6980P],
  ),
  family("Xeon 6700P (Granite Rapids)", /\b67\d\dP\b/, channels(8, 6400), links(4, 24)),
  family("EPYC 7001 (Naples)", /\bEPYC 7\w\w1\b/, channels(8, 2666), null),
  family("EPYC 7002 (Rome)", /\bEPYC 7\w\w2\b/, channels(8, 3200), links(3, 18)),
  family("EPYC 7003 (Milan)", /\bEPYC 7\w\w3\b/, channels(8, 3200), links(3, 18)),
  family("EPYC 9004 (Genoa)", /\bEPYC 9\w\w4\w*\b/, channels(12, 4800), links(3, 32)),
  family("EPYC 9005 (Turin)", /\bEPYC 9\w\w5\w*\b/, channels(12, 6000), links(3, 32)),
];

/**
 * Two Grace of a GB300 tray read each other's memory at that rate, whatever their links are called.
 */
const grace: ProcessorFigures = {
  family: "Grace",
  memory: measured(486, "STREAM on a GH200, KTH"),
  link: measured(110, "STREAM on a GB300 tray, ForceInjection/AI-fundamentals#22"),
  localNs: null,
  remoteNs: null,
};

/** Null for a processor of which nobody told, or no figure is named here. */
export function processorFigures(topology: ProcessorClues): ProcessorFigures | null {
  const { cpuModel } = topology.machine;
  if (cpuModel === null) return null;
  return (isGrace(topology) ? grace : families.find((one) => one.cpuModel.test(cpuModel))) ?? null;
}

type ProcessorClues = Pick<Topology, "machine" | "accelerators">;

/** Linux calls Grace by its core, which others have too. */
function isGrace({
  machine: { cpuModel, vendor, product },
  accelerators,
}: ProcessorClues): boolean {
  if (cpuModel === null) return false;
  if (/\bGrace\b/.test(cpuModel)) return true;
  const isNvidia = /nvidia/i.test(vendor ?? "") || /\bG[BH]\d00\b/.test(product ?? "");
  return /\bNeoverse-V2\b/.test(cpuModel) && (isNvidia || accelerators.some(hasC2c));
}

/** Whether an accelerator reaches its processor over NVLink-C2C. */
export function hasC2c({ c2c, model }: Pick<Accelerator, "c2c" | "model">): boolean {
  return c2c ?? /^G[BH]\d00\b/.test(model ?? "");
}

const anyServer = "generic: the middle of published figures for other processors";

/**
 * For any server: what lies in the middle of the families that were measured. The spread is
 * tenfold, so these order placements and are no forecast for one machine.
 */
export const genericFigures = {
  memory: measured(113, anyServer),
  link: measured(34.4, anyServer),
  localNs: { value: 80, source: anyServer },
  remoteNs: { value: 141, source: anyServer },
} as const;

/**
 * How much longer the controllers work for a written byte than for a read one. From the peaks of
 * MLC's mix of as many reads as writes against reads alone, on the five machines of KU Leuven: 1.26
 * to 1.72, in the middle 1.44.
 */
export const writeCost = 1.44;

/**
 * The share of a PCI Express link's raw rate that copies reach: 26.24 of 31.5 GB/s on a gen4 x16
 * GPU (nvbandwidth, in SuperBench's recordings). The same share gives 13.1 on gen3 (measured 12.2
 * to 13.2, gearshifft and SuperBench) and 52.5 on gen5 (52.8, nvbandwidth on an H100).
 */
const pcieEfficiency = 26.24 / 31.508;

/** Bits that carry data of those on the wire: 8b/10b, 128b/130b, and flits from 64 GT/s on. */
function encoding(speedGTs: number): number {
  if (speedGTs <= 5) return 8 / 10;
  return speedGTs < 64 ? 128 / 130 : 236 / 256;
}

/** The bandwidth of a PCIe link in one direction; null where speed or width is unknown. */
export function pcieFigure(link: Pick<PcieLink, "speedGTs" | "width"> | null): Figure | null {
  if (link === null || link.speedGTs === null || link.width === null) return null;
  const { speedGTs, width } = link;
  return {
    value: (speedGTs * width * giga * encoding(speedGTs) * pcieEfficiency) / 8,
    origin: "link",
    source: `PCIe at ${speedGTs} GT/s x${width}, of which copies reach 83 % (nvbandwidth)`,
  };
}

/** Copies over NVLink-C2C between Grace and its own GPU (nvbandwidth on a GH200, SuperBench). */
export const c2cFigures: Readonly<Record<"to" | "from", Figure>> = {
  to: { value: 369.4 * giga, origin: "published", source: "nvbandwidth on a GH200, SuperBench" },
  from: { value: 295.2 * giga, origin: "published", source: "nvbandwidth on a GH200, SuperBench" },
};

/**
 * One lane of a direct link in one direction. NVLink by `p2pBandwidthLatencyTest`: 376 over the 18
 * lanes of an H100, 275 over the 12 of an A100, 747 over the 18 of a Blackwell GPU. XGMI is what
 * RCCL plans with.
 */
export function laneFigure(
  kind: "nvlink" | "xgmi" | "xelink",
  model: string | null,
): Figure | null {
  if (kind === "xelink") return null;
  if (kind === "xgmi")
    return { value: 20 * giga, origin: "published", source: "what RCCL plans with" };
  const perLane = (all: number, lanes: number): Figure => ({
    value: (all / lanes) * giga,
    origin: "published",
    source: "p2pBandwidthLatencyTest, stas00/ml-engineering",
  });
  if (model !== null && /\bG?B[23]00\b/.test(model)) return perLane(747, 18);
  return model !== null && /\bA100\b/.test(model) ? perLane(275, 12) : perLane(376, 18);
}
