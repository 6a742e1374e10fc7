import type { PcieLink } from "../../topology/topology.ts";
import type { Figure } from "./resource.ts";

/**
 * Published constants of processors and links, with who published them. They stand in where neither
 * a Calibration nor the firmware tells. Only what a public document names is here; any other
 * processor gets the generic figures, which are a guess and say so.
 *
 * Bandwidths of memory are read peaks of a whole package with all channels filled, as Intel MLC or
 * STREAM measured them; a host with fewer channels has less. Those of the link between packages are
 * what all cores of one package read from the other's memory.
 */
export interface ProcessorFigures {
  /** The processors, as a sentence names them. */
  readonly family: string;
  readonly source: string;
  readonly memoryBytesPerSecond: number | null;
  readonly linkBytesPerSecond: number | null;
  readonly localNs: number | null;
  readonly remoteNs: number | null;
}

const giga = 1e9;

interface Family extends ProcessorFigures {
  readonly cpuModel: RegExp;
}

function family(
  name: string,
  cpuModel: RegExp,
  source: string,
  [memory, link]: readonly [number | null, number | null],
  [localNs, remoteNs]: readonly [number | null, number | null],
): Family {
  const scaled = (value: number | null): number | null => (value === null ? null : value * giga);
  return {
    family: name,
    cpuModel,
    source,
    memoryBytesPerSecond: scaled(memory),
    linkBytesPerSecond: scaled(link),
    localNs,
    remoteNs,
  };
}

const kuLeuven = "Intel MLC, KU Leuven's VscDocumentation";

/** The first that matches. Gigabytes per second of memory and link, nanoseconds local and remote. */
const families: readonly Family[] = [
  family("Xeon E5 v2 (Ivy Bridge)", /\bE5-\d+\w* v2\b/, kuLeuven, [55.3, 25.4], [61.5, 115]),
  // One package of two clusters on a die, of 36.4 GB/s each.
  family("Xeon E5 v4 (Broadwell)", /\bE5-\d+\w* v4\b/, kuLeuven, [72.9, null], [75, 187]),
  // Three links between packages; two links give 34.4, as below.
  family(
    "Xeon Platinum 8100 and 8200 (Skylake, Cascade Lake)",
    /\bPlatinum 8[12]\d\d/,
    "Intel MLC on a Xeon Platinum 8269CY, plantegg",
    [113.2, 50.9],
    [78, 144],
  ),
  family(
    "Xeon 6100 (Skylake)",
    /\b(?:Gold|Silver|Bronze) [3-6]1\d\d/,
    kuLeuven,
    [111, 34.4],
    [80, 131],
  ),
  family(
    "Xeon 6200 (Cascade Lake)",
    /\b(?:Gold|Silver|Bronze) [3-6]2\d\d/,
    kuLeuven,
    [113, 34.3],
    [81, 141],
  ),
  family(
    "Xeon 6980P (Granite Rapids)",
    /\b69\d\dP\b/,
    "Intel MLC on two Xeon 6980P, sub-NUMA clusters off",
    [555, 248],
    [130.7, 430],
  ),
];

/** Null for a processor of which nobody told, or no figure is named here. */
export function processorFigures(cpuModel: string | null): ProcessorFigures | null {
  if (cpuModel === null) return null;
  return families.find((one) => one.cpuModel.test(cpuModel)) ?? null;
}

/**
 * For any server: what lies in the middle of the families above. The spread is tenfold, so these
 * order placements and are no forecast for one machine.
 */
export const genericFigures: ProcessorFigures = {
  family: "a server",
  source: "generic: the middle of published figures for other processors",
  memoryBytesPerSecond: 113 * giga,
  linkBytesPerSecond: 34.4 * giga,
  localNs: 80,
  remoteNs: 141,
};

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
  const measured = "p2pBandwidthLatencyTest, stas00/ml-engineering";
  if (kind === "xelink") return null;
  if (kind === "xgmi")
    return { value: 20 * giga, origin: "published", source: "what RCCL plans with" };
  if (model !== null && /\bG?B[23]00\b/.test(model)) {
    return { value: (747 / 18) * giga, origin: "published", source: measured };
  }
  return { value: 20.9 * giga, origin: "published", source: measured };
}
