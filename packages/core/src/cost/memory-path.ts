import type { Access, Topology } from "../topology/topology.ts";
import { type NodeDistance, nodeDistances, type NodeDistanceOf } from "./node-distance.ts";
import type { PathCost } from "./path-cost.ts";
import { sum } from "../unit/sum.ts";

/**
 * The cost of reaching a node's memory from a node's CPUs or devices, relative to the initiator's
 * own memory.
 *
 * Where latency and bandwidth of the pair *and* of the initiator's own memory are known, from a
 * measurement or from HMAT, the cost comes from them: the mean of the latency ratio and the inverse
 * bandwidth ratio, as if half of the time were spent on dependent reads, which wait out the
 * latency, and half on streams, which wait for the bandwidth; with only one of the two known, that
 * one. HMAT is the firmware's claim and so counts as modelled.
 *
 * Elsewhere the cost is a published constant by class and rank of the distance
 * (`node-distance.ts`). Between packages the penalty differs widely: idle latency 1.4 to 3.4 times,
 * bandwidth 1.2 to 3.3 times less, and for a single stream between host and device from three times
 * to none at all. The constants are the middle of that, good for ordering placements and no
 * forecast for one machine.
 *
 * A node without CPUs is attached to the nearest node with CPUs. An initiator there (a GPU that is
 * a node of its own) reaches memory as that node does; memory there is one hop farther.
 */
export interface MemoryPaths {
  /** By node ids; an initiator whose node is unknown is null. */
  readonly relative: (initiator: number | null, target: number) => PathCost;
}

/** Reads the topology once; the cost of each pair is computed when first asked for. */
export function memoryPaths(topology: Topology): MemoryPaths {
  // With one node all memory is own memory, even for a device of unknown node.
  if (topology.nodes.length === 1) return { relative: () => ownMemory };
  const access = accessByPair(topology.access);
  const distanceOf = nodeDistances(topology);
  const cpuNodes = nearestCpuNodes(topology, distanceOf);
  const found = new Map<string, PathCost>();
  return {
    relative(initiator, target) {
      if (initiator === null) return unknownPath;
      const key = pairKey(initiator, target);
      let path = found.get(key);
      if (path === undefined) {
        path =
          fromAccess(access, initiator, target) ?? byClass(initiator, target, distanceOf, cpuNodes);
        found.set(key, path);
      }
      return path;
    },
  };
}

/**
 * Published costs relative to local memory: the mean of the ratios of idle latency and of read
 * bandwidth. From Intel
 * MLC's tables as published by FD.io CSIT (Skylake), KU Leuven's VscDocumentation (Broadwell,
 * Cascade Lake) and DRAMHiT (EPYC), and for copies to devices gearshifft#82 and
 * rocm_bandwidth_test#129 on GitHub.
 */
const published = {
  /**
   * Another node of the same package. Latency 1.07 to 1.12 (EPYC, NPS4), 1.04 to 1.12 (Xeon, SNC2);
   * bandwidth the same (SNC2, Xeon 6980P SNC3). Only cluster-on-die Broadwell was as slow as 2.0.
   */
  samePackage: 1.05,
  /**
   * Another package. Latency 1.61 to 1.75 (Skylake, Cascade Lake, SNC2), outliers 1.4 (E7-4800) and
   * 3.4 (6980P): 1.7. Bandwidth 113 to 34, 91 to 34, 80 to 34, 555 to 248, 188 to 94, 59 to 51
   * GB/s: 2.3 times less. The mean is 2.
   */
  remote: 2,
  /** The dearest of the published costs, which no number of hops exceeds. */
  farthest: 3.4,
  /** To memory without CPUs (CXL, HBM, a GPU's): described as one hop, so it adds as much. */
  memoryOnlyHop: 1,
  /** For each further rank, to keep the order: a four-node Broadwell adds 6 %. */
  samePackageRank: 0.05,
  remoteRank: 0.1,
} as const;

const ownMemory: PathCost = { relative: 1, basis: "modelled" };

/** As far as another package, so that a path known to be near is preferred to it. */
const unknownPath: PathCost = { relative: published.remote, basis: "unknown" };

/** The rank for costs: without distances all pairs of a class cost as much as the nearest. */
function ranksBeyond(rank: number | null): number {
  return rank === null ? 0 : rank;
}

/** The cost between two nodes with CPUs. */
function costOf({ class: kind, rank }: NodeDistance): PathCost {
  if (kind === "local") return ownMemory;
  if (kind === "same-package") {
    const relative = published.samePackage + published.samePackageRank * ranksBeyond(rank);
    return { relative: Math.min(relative, published.remote), basis: "modelled" };
  }
  if (kind === "remote") {
    const relative = published.remote + published.remoteRank * ranksBeyond(rank);
    return { relative: Math.min(relative, published.farthest), basis: "modelled" };
  }
  return unknownPath;
}

/**
 * Whether the classes and ranks of distances determine the costs of memory paths. Otherwise two
 * pairs at one distance may differ in cost: by firmware or a measurement, or by the nearest CPUs of
 * a node without any.
 */
export function costFollowsDistance({ access, nodes, calibration }: Topology): boolean {
  return (
    (calibration === null || calibration.copies.length === 0) &&
    access.every(({ initiator, target }) => initiator === target) &&
    nodes.every(({ cpus }) => cpus !== "")
  );
}

function byClass(
  initiator: number,
  target: number,
  distanceOf: NodeDistanceOf,
  cpuNodes: ReadonlyMap<number, readonly number[]>,
): PathCost {
  if (initiator === target) return ownMemory;
  const nearest = (cpuNodes.get(initiator) ?? [])
    .flatMap((from) => (cpuNodes.get(target) ?? []).map((to) => costOf(distanceOf(from, to))))
    .reduce<PathCost | null>((a, b) => (a === null || b.relative < a.relative ? b : a), null);
  if (nearest === null) return unknownPath;
  const hasCpus = cpuNodes.get(target)?.includes(target) ?? false;
  const relative = nearest.relative + (hasCpus ? 0 : published.memoryOnlyHop);
  return { relative, basis: nearest.basis };
}

/** For each node, itself where it has CPUs, otherwise the nearest that do; empty where unknown. */
function nearestCpuNodes(
  topology: Topology,
  distanceOf: NodeDistanceOf,
): ReadonlyMap<number, readonly number[]> {
  const withCpus = topology.nodes.filter((node) => node.cpus !== "").map((node) => node.id);
  return new Map(
    topology.nodes.map(({ id, cpus }) => {
      if (cpus !== "") return [id, [id]];
      if (withCpus.length === 1) return [id, withCpus];
      const distances = withCpus.flatMap((node) => {
        const { slit } = distanceOf(id, node);
        return slit === null ? [] : [{ node, slit }];
      });
      const least = Math.min(...distances.map(({ slit }) => slit));
      return [id, distances.filter(({ slit }) => slit === least).map(({ node }) => node)];
    }),
  );
}

type AccessTable = Readonly<Record<Access["basis"], ReadonlyMap<string, Access>>>;

const pairKey = (initiator: number, target: number): string => `${initiator} ${target}`;

function accessByPair(access: readonly Access[]): AccessTable {
  const of = (basis: Access["basis"]): ReadonlyMap<string, Access> =>
    new Map(
      access
        .filter((entry) => entry.basis === basis)
        .map((entry) => [pairKey(entry.initiator, entry.target), entry]),
    );
  return { measured: of("measured"), hmat: of("hmat") };
}

/**
 * The cost from two entries of one basis: a measurement is never compared with firmware's claim.
 */
function fromAccess(access: AccessTable, initiator: number, target: number): PathCost | null {
  for (const basis of ["measured", "hmat"] as const) {
    const own = access[basis].get(pairKey(initiator, initiator));
    const entry = access[basis].get(pairKey(initiator, target));
    const ratios = [
      ratio(entry?.readLatencyNs, own?.readLatencyNs),
      ratio(own?.readBytesPerSecond, entry?.readBytesPerSecond),
    ].filter((value) => value !== null);
    if (ratios.length === 0) continue;
    const mean = sum(ratios) / ratios.length;
    // Memory faster than the initiator's own (HBM next to DRAM) counts as local, never as a gain:
    // capacity of one kind is sold, not the choice of the faster kind.
    return {
      relative: Math.max(1, mean),
      basis: basis === "measured" ? "measured" : "modelled",
    };
  }
  return null;
}

function ratio(of: number | null | undefined, to: number | null | undefined): number | null {
  return of === null || of === undefined || to === null || to === undefined ? null : of / to;
}
