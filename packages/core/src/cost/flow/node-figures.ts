import type { Calibration, Measured } from "../../calibration/calibration.ts";
import type { MemoryNode, Topology } from "../../topology/topology.ts";
import { type DistanceClass, nodeDistances } from "../node-distance.ts";
import { peakOf } from "./loaded-latency.ts";
import { genericFigures, processorFigures, type ProcessorFigures } from "./published.ts";
import type { Figure } from "./resource.ts";

/**
 * What is known of reads from one node's memory by another's CPUs, on the idle machine, in this
 * order: the Calibration, measured access in the topology, HMAT, what is published of the
 * processor, and what is published of others. Figures of two origins never mix within one number.
 */
export interface NodeFigures {
  /** Of all cores of the initiator together; null where nobody measured or promised the pair. */
  readonly pairBandwidth: (initiator: number, target: number) => Figure | null;
  /** The peak that a node's controllers deliver to anyone. */
  readonly memoryBandwidth: (node: number) => Figure | null;
  readonly latency: (initiator: number, target: number) => Figure | null;
  /** What one link between packages carries, where no pair across it tells. */
  readonly linkBandwidth: Figure | null;
  readonly distanceClass: (initiator: number, target: number) => DistanceClass;
}

/** A Calibration of emulated CPUs tells nothing about times. */
export function usable(calibration: Calibration | null): Calibration | null {
  return calibration?.conditions.isEmulated === true ? null : calibration;
}

export function nodeFigures(topology: Topology, calibration: Calibration | null): NodeFigures {
  const bandwidths = new Map<string, Figure>();
  const latencies = new Map<string, Figure>();
  readAccess(topology, bandwidths, latencies);
  if (calibration !== null) {
    readLoadedPeaks(topology, calibration, bandwidths);
    readCalibration(calibration, bandwidths, latencies);
  }
  const published = processorFigures(topology);
  const distanceOf = nodeDistances(topology);
  const pairBandwidth = (initiator: number, target: number): Figure | null =>
    bandwidths.get(key(initiator, target)) ?? null;
  const shares = nodesByPackage(topology);
  const peaks = new Map(
    topology.nodes.map((node) => [
      node.id,
      pairBandwidth(node.id, node.id) ??
        (node.cpus === "" ? bestFor(node.id, topology, pairBandwidth) : null) ??
        shareOfPackage(node, shares, published),
    ]),
  );
  return {
    pairBandwidth,
    memoryBandwidth: (node) => peaks.get(node) ?? null,
    latency(initiator, target) {
      const known = latencies.get(key(initiator, target));
      if (known !== undefined) return known;
      const kind = distanceOf(initiator, target).class;
      return kind === "local" || kind === "remote"
        ? publishedFigure(published, kind === "local" ? "localNs" : "remoteNs")
        : null;
    },
    linkBandwidth: publishedFigure(published, "link"),
    distanceClass: (initiator, target) => distanceOf(initiator, target).class,
  };
}

const key = (initiator: number, target: number): string => `${initiator} ${target}`;

/** Later readings replace earlier ones: HMAT, then what was measured. */
function readAccess(
  { access }: Topology,
  bandwidths: Map<string, Figure>,
  latencies: Map<string, Figure>,
): void {
  for (const basis of ["hmat", "measured"] as const) {
    const origin = basis === "hmat" ? "hmat" : "calibration";
    const source = basis === "hmat" ? "HMAT, the firmware's table" : "measured on this machine";
    for (const entry of access.filter((one) => one.basis === basis)) {
      const pair = key(entry.initiator, entry.target);
      const { readBytesPerSecond, readLatencyNs } = entry;
      if (isPositive(readBytesPerSecond)) {
        bandwidths.set(pair, { value: readBytesPerSecond, origin, source });
      }
      if (isPositive(readLatencyNs)) latencies.set(pair, { value: readLatencyNs, origin, source });
    }
  }
}

function readCalibration(
  calibration: Calibration,
  bandwidths: Map<string, Figure>,
  latencies: Map<string, Figure>,
): void {
  const figureOf = (measured: Measured | null | undefined): Figure | null =>
    measured === null || measured === undefined || !isPositive(measured.median)
      ? null
      : {
          value: measured.median,
          origin: "calibration",
          source: `measured on this machine with ${calibration.tool.name}`,
        };
  for (const { initiator, target, readLatencyNs, allCores } of calibration.memory) {
    if (initiator === null || target === null) continue;
    const bandwidth = figureOf(allCores?.readBytesPerSecond);
    const latency = figureOf(readLatencyNs);
    if (bandwidth !== null) bandwidths.set(key(initiator, target), bandwidth);
    if (latency !== null) latencies.set(key(initiator, target), latency);
  }
}

/**
 * The peaks of loaded-latency curves, where no bandwidth of a node says more; one of the whole
 * machine, each node reading its own memory, divides evenly.
 */
function readLoadedPeaks(
  { nodes }: Topology,
  { loaded, tool }: Calibration,
  bandwidths: Map<string, Figure>,
): void {
  const source = `measured on this machine with ${tool.name}`;
  const ordinary = nodes.filter(isOrdinary).map(({ id }) => id);
  for (const { initiator, target, points } of loaded) {
    if (initiator !== target) continue;
    const among = initiator === null ? ordinary : [initiator];
    const value = peakOf(points) / among.length;
    if (!(value > 0)) continue;
    for (const node of among)
      bandwidths.set(key(node, node), { value, origin: "calibration", source });
  }
}

function isPositive(value: number | null): value is number {
  return value !== null && value > 0;
}

/** What the best initiator gets of a node without CPUs, which has no figure of its own. */
function bestFor(
  node: number,
  { nodes }: Topology,
  pairBandwidth: NodeFigures["pairBandwidth"],
): Figure | null {
  return nodes
    .map(({ id }) => pairBandwidth(id, node))
    .reduce((a, b) => (a === null || (b !== null && b.value > a.value) ? b : a), null);
}

/** The nodes with CPUs and DRAM of each package, which share its controllers evenly. */
function nodesByPackage({ nodes }: Topology): ReadonlyMap<number, number> {
  const counts = new Map<number, number>();
  for (const node of nodes) {
    if (!isOrdinary(node) || node.package === null) continue;
    const others = counts.get(node.package);
    counts.set(node.package, others === undefined ? 1 : others + 1);
  }
  return counts;
}

const isOrdinary = ({ cpus, memoryBytes, kind }: MemoryNode): boolean =>
  cpus !== "" && memoryBytes !== 0 && (kind === "dram" || kind === null);

function shareOfPackage(
  node: MemoryNode,
  shares: ReadonlyMap<number, number>,
  published: ProcessorFigures | null,
): Figure | null {
  if (!isOrdinary(node)) return null;
  const figure = publishedFigure(published, "memory");
  const share = node.package === null ? undefined : shares.get(node.package);
  if (share === undefined) return figure;
  return { ...figure, value: figure.value / share };
}

function publishedFigure(
  published: ProcessorFigures | null,
  field: keyof typeof genericFigures,
): Figure {
  const known = published?.[field] ?? null;
  if (published !== null && known !== null) {
    const source = `published for ${published.family}: ${known.source}`;
    return { value: known.value, origin: "published", source };
  }
  return { ...genericFigures[field], origin: "generic" };
}
