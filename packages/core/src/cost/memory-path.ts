import type { Access, Topology } from "../topology/topology.ts";
import { type NodeDistance, nodeDistances, type NodeDistanceOf } from "./node-distance.ts";
import type { PathCost } from "./path-cost.ts";

/**
 * What it costs to reach a node's memory from a node's CPUs or devices, against the initiator's own
 * memory.
 *
 * Where latency and bandwidth of the pair *and* of the initiator's own memory are known, from a
 * measurement or from HMAT, the cost is theirs: the mean of the latency ratio and the inverse
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
 * A node without CPUs hangs off the nearest node that has some, its home. What starts there (a GPU
 * that is a node of its own) reaches memory as its home does; what lies there is one hop farther.
 */
export interface MemoryPaths {
  /** By node ids; an initiator whose node is unknown is null. */
  readonly relative: (initiator: number | null, target: number) => PathCost;
}

/** Reads what the topology tells once; each pair is worked out when first asked for. */
export function memoryPaths(topology: Topology): MemoryPaths {
  // With one node all memory is everybody's own, whatever else is unknown.
  if (topology.nodes.length === 1) return { relative: () => ownMemory };
  const known = accessByPair(topology.access);
  const distanceOf = nodeDistances(topology);
  const homesOf = homes(topology, distanceOf);
  const found = new Map<string, PathCost>();
  return {
    relative(initiator, target) {
      if (initiator === null) return unknownPath;
      const key = pairKey(initiator, target);
      let path = found.get(key);
      if (path === undefined) {
        path =
          fromAccess(known, initiator, target) ?? byClass(initiator, target, distanceOf, homesOf);
        found.set(key, path);
      }
      return path;
    },
  };
}

/**
 * Against local memory, the mean of the cost in idle latency and in read bandwidth. From Intel
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
  /** The dearest of those, which no number of hops exceeds. */
  farthest: 3.4,
  /** To memory without CPUs (CXL, HBM, a GPU's): described as one hop, so the step is the same. */
  memoryOnlyHop: 1,
  /** Each further rank: a four-node Broadwell adds 6 %. They order more than they tell. */
  samePackageRank: 0.05,
  remoteRank: 0.1,
} as const;

const ownMemory: PathCost = { relative: 1, basis: "modelled" };

/** As far as another package, so that whatever is known to be near is preferred to it. */
const unknownPath: PathCost = { relative: published.remote, basis: "unknown" };

/** Without distances nothing tells which pairs of a class are farther: all cost what the nearest do. */
function ranksBeyond(rank: number | null): number {
  return rank === null ? 0 : rank;
}

/** Of two nodes with CPUs. */
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
 * Whether classes and ranks of distances between nodes tell what their paths cost. Else two pairs that
 * are as far apart may differ: where firmware or a measurement tells of each, or where a node's home
 * decides.
 */
export function costFollowsDistance({ access, nodes }: Topology): boolean {
  return (
    access.every(({ initiator, target }) => initiator === target) &&
    nodes.every(({ cpus }) => cpus !== "")
  );
}

function byClass(
  initiator: number,
  target: number,
  distanceOf: NodeDistanceOf,
  homesOf: ReadonlyMap<number, readonly number[]>,
): PathCost {
  if (initiator === target) return ownMemory;
  const nearest = (homesOf.get(initiator) ?? [])
    .flatMap((from) => (homesOf.get(target) ?? []).map((to) => costOf(distanceOf(from, to))))
    .reduce<PathCost | null>((a, b) => (a === null || b.relative < a.relative ? b : a), null);
  if (nearest === null) return unknownPath;
  const atHome = homesOf.get(target)?.includes(target) ?? false;
  const relative = nearest.relative + (atHome ? 0 : published.memoryOnlyHop);
  return { relative, basis: nearest.basis };
}

/**
 * Of each node, itself where it has CPUs, otherwise the nearest that do; empty where nothing tells.
 */
function homes(
  topology: Topology,
  distanceOf: NodeDistanceOf,
): ReadonlyMap<number, readonly number[]> {
  const withCpus = topology.nodes.filter((node) => node.cpus !== "").map((node) => node.id);
  return new Map(
    topology.nodes.map(({ id, cpus }) => {
      if (cpus !== "") return [id, [id]];
      if (withCpus.length === 1) return [id, withCpus];
      const known = withCpus.flatMap((home) => {
        const { slit } = distanceOf(id, home);
        return slit === null ? [] : [{ home, slit }];
      });
      const least = Math.min(...known.map(({ slit }) => slit));
      return [id, known.filter(({ slit }) => slit === least).map(({ home }) => home)];
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

/** From both entries of one basis; a measurement is never held against a claim of the firmware. */
function fromAccess(known: AccessTable, initiator: number, target: number): PathCost | null {
  for (const basis of ["measured", "hmat"] as const) {
    const own = known[basis].get(pairKey(initiator, initiator));
    const entry = known[basis].get(pairKey(initiator, target));
    const ratios = [
      ratio(entry?.readLatencyNs, own?.readLatencyNs),
      ratio(own?.readBytesPerSecond, entry?.readBytesPerSecond),
    ].filter((value) => value !== null);
    if (ratios.length === 0) continue;
    const mean = ratios.reduce((sum, value) => sum + value, 0) / ratios.length;
    // Memory faster than the initiator's own (HBM beside DRAM) counts as near, never as a gain:
    // what is sold is capacity of a kind, not the choice of the faster kind.
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
