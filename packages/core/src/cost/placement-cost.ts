import { invariant } from "../invariant.ts";
import type { CostParts, PlanCost } from "../placement/plan.ts";
import type { Workload } from "../request/virtual-machine.ts";
import { interconnects } from "../topology/interconnect.ts";
import type { Topology } from "../topology/topology.ts";
import { interconnectCost } from "./interconnect-cost.ts";
import { type MemoryPaths, memoryPaths } from "./memory-path.ts";
import { type CostBasis, type PathCost, weakerBasis } from "./path-cost.ts";
import { workloadWeights } from "./workload.ts";

/**
 * The cost of a placement: four relative costs, each the mean over the paths of its part, and their
 * sum by the workload's weights.
 *
 * - `memory`: what a vCPU pays for its cell's memory, over all cells by their share
 * - `hostToDevice`: what an accelerator pays for its cell's memory, over all accelerators
 * - `peer`: a transfer between two accelerators, over all pairs
 * - `network`: from each accelerator to its nearest NIC and from each NIC to its nearest
 *   accelerator
 *
 * It prices paths one by one. Flows that share a link or a controller are not in it yet, although
 * they are what makes a modern machine's remote copies slow: one stream often shows no penalty.
 *
 * Means are linear in the shares, so moving memory to a farther node never lowers a cost, and what
 * the devices are called or in which order they are given changes nothing.
 */

/** What any placement, ours or another's, comes to. */
export interface Placed {
  readonly cells: readonly PlacedCell[];
  readonly accelerators: readonly PlacedAccelerator[];
  /** Addresses. */
  readonly nics: readonly string[];
}

/** Shares, not amounts: a floating VM is one cell whose vCPUs are spread over all nodes. */
export interface PlacedCell {
  /** Of the VM's vCPUs and memory; over all cells the sum is 1. */
  readonly share: number;
  /** Where the cell's vCPUs run, as shares that sum to 1. */
  readonly vcpuNodes: readonly NodeShare[];
  /** Where the cell's memory lies, as shares that sum to 1. */
  readonly memoryNodes: readonly NodeShare[];
}

export interface NodeShare {
  readonly node: number;
  readonly share: number;
}

export interface PlacedAccelerator {
  readonly address: string;
  readonly node: number | null;
  /** The position of its cell in `cells`. */
  readonly cell: number;
}

/** A placement's cost in itself; a plan's cost is one held against the best (`planCost`). */
export interface RawCost {
  /** Each at least 1; exactly 1 where it does not apply. */
  readonly parts: CostParts;
  /** The parts by the workload's weights. */
  readonly total: number;
  readonly basis: CostBasis;
}

/** One machine's costs under one workload, with what the search needs to bound them by parts. */
export interface CostModel {
  readonly weights: CostParts;
  readonly cost: (placed: Placed) => RawCost;
  /** From CPUs or a device on one node to memory on another; an unknown initiator is null. */
  readonly memoryPath: (initiator: number | null, target: number) => number;
  /** Mean over all pairs of the accelerators; 1 of fewer than two. */
  readonly peer: (accelerators: readonly string[]) => number;
  /** The term of one pair in `peer`. */
  readonly peerPair: (a: string, b: string) => number;
  /**
   * Mean over every device of its nearest of the other kind; 1 where there are none of one kind.
   */
  readonly network: (accelerators: readonly string[], nics: readonly string[]) => number;
  /** The term of one accelerator and one NIC in `network`. */
  readonly networkPair: (accelerator: string, nic: string) => number;
}

/**
 * Looks up what the topology tells once; a cost is then linear in the shares and quadratic in the
 * devices. Peers are priced against the best pair of accelerators on this machine: on one without
 * NVLink, PIX costs 1 and not fifteen times a transfer that nobody can have there, which would
 * drown every other part.
 */
export function costModel(topology: Topology, workload: Workload): CostModel {
  const paths = memoryPaths(topology);
  const pairs = pairCosts(topology);
  const weights = workloadWeights[workload];
  const peer = (addresses: readonly string[]): PathCost => {
    const costs = addresses.flatMap((a, i) => addresses.slice(i + 1).map((b) => pairs.peer(a, b)));
    return mean(costs);
  };
  const network = (accelerators: readonly string[], nics: readonly string[]): PathCost => {
    if (accelerators.length === 0 || nics.length === 0) return inapplicable;
    return mean([
      ...accelerators.map((address) => cheapest(nics.map((nic) => pairs.network(address, nic)))),
      ...nics.map((nic) => cheapest(accelerators.map((address) => pairs.network(address, nic)))),
    ]);
  };
  return {
    weights,
    cost({ cells, accelerators, nics }) {
      const addresses = accelerators.map(({ address }) => address);
      const parts: PartCosts = {
        hostToDevice: hostToDeviceCost(cells, accelerators, paths),
        memory: memoryCost(cells, paths),
        peer: peer(addresses),
        network: network(addresses, nics),
      };
      return weighted(parts, weights);
    },
    memoryPath: (initiator, target) => paths.relative(initiator, target).relative,
    peer: (addresses) => peer(addresses).relative,
    peerPair: (a, b) => pairs.peer(a, b).relative,
    network: (accelerators, nics) => network(accelerators, nics).relative,
    networkPair: (accelerator, nic) => pairs.network(accelerator, nic).relative,
  };
}

type PartCosts = Readonly<Record<keyof CostParts, PathCost>>;

/** Not part of this VM: it costs what the best costs, and rests on no assumption. */
const inapplicable: PathCost = { relative: 1, basis: "measured" };

function weighted(parts: PartCosts, weights: CostParts): RawCost {
  const { hostToDevice, memory, peer, network } = parts;
  return {
    parts: {
      hostToDevice: hostToDevice.relative,
      memory: memory.relative,
      peer: peer.relative,
      network: network.relative,
    },
    total:
      weights.hostToDevice * hostToDevice.relative +
      weights.memory * memory.relative +
      weights.peer * peer.relative +
      weights.network * network.relative,
    basis: [hostToDevice, memory, peer, network].map(({ basis }) => basis).reduce(weakerBasis),
  };
}

function memoryCost(cells: readonly PlacedCell[], paths: MemoryPaths): PathCost {
  let relative = 0;
  let basis: CostBasis = "measured";
  for (const { share, vcpuNodes, memoryNodes } of cells) {
    for (const cpus of vcpuNodes) {
      for (const memory of memoryNodes) {
        const path = paths.relative(cpus.node, memory.node);
        const weight = share * cpus.share * memory.share;
        relative += weight * path.relative;
        if (weight > 0) basis = weakerBasis(basis, path.basis);
      }
    }
  }
  return { relative, basis };
}

/**
 * A device's copies are priced as reads of the CPUs beside it. Even where those were measured this
 * is a model: nobody has measured the copies themselves.
 */
function hostToDeviceCost(
  cells: readonly PlacedCell[],
  accelerators: readonly PlacedAccelerator[],
  paths: MemoryPaths,
): PathCost {
  if (accelerators.length === 0) return inapplicable;
  let relative = 0;
  let basis: CostBasis = "modelled";
  for (const { node, cell } of accelerators) {
    const memoryNodes = cells[cell]?.memoryNodes;
    invariant(memoryNodes !== undefined, `an accelerator lies in cell ${cell}, which is not there`);
    for (const memory of memoryNodes) {
      const path = paths.relative(node, memory.node);
      relative += (memory.share * path.relative) / accelerators.length;
      if (memory.share > 0) basis = weakerBasis(basis, path.basis);
    }
  }
  return { relative, basis };
}

interface PairCosts {
  readonly peer: (a: string, b: string) => PathCost;
  readonly network: (accelerator: string, nic: string) => PathCost;
}

function pairCosts(topology: Topology): PairCosts {
  const interconnect = interconnects(topology);
  const accelerators = topology.accelerators.map(({ address }) => address);
  const nics = topology.nics.map(({ address }) => address);
  let bestPeer: number | null = null;
  const best = (): number =>
    accelerators.reduce(
      (least, a, i) =>
        accelerators.slice(i + 1).reduce((lower, b) => {
          const link = interconnect(a, b);
          return link === null ? lower : Math.min(lower, interconnectCost(link).relative);
        }, least),
      Infinity,
    );
  const peer = (a: string, b: string): PathCost => {
    bestPeer ??= best();
    const { relative, basis } = interconnectCost(interconnect(a, b));
    // Without one known pair there is nothing to hold the others against.
    return { relative: bestPeer === Infinity ? 1 : Math.max(1, relative / bestPeer), basis };
  };
  const network = (accelerator: string, nic: string): PathCost =>
    interconnectCost(interconnect(accelerator, nic), "nic");
  return {
    peer: tabled(peer, accelerators, accelerators),
    network: tabled(network, accelerators, nics),
  };
}

/** A cost that is worked out once for each pair of the devices that a search asks about. */
function tabled(
  cost: (a: string, b: string) => PathCost,
  rows: readonly string[],
  columns: readonly string[],
): (a: string, b: string) => PathCost {
  const rowOf = new Map(rows.map((address, i) => [address, i]));
  const columnOf = new Map(columns.map((address, i) => [address, i]));
  const table: (PathCost | undefined)[][] = rows.map(() => []);
  return (a, b) => {
    const row = table[rowOf.get(a) ?? -1];
    const column = columnOf.get(b);
    if (row === undefined || column === undefined) return cost(a, b);
    return (row[column] ??= cost(a, b));
  };
}

function mean(costs: readonly PathCost[]): PathCost {
  if (costs.length === 0) return inapplicable;
  return {
    relative: costs.reduce((sum, { relative }) => sum + relative, 0) / costs.length,
    basis: costs.map(({ basis }) => basis).reduce(weakerBasis),
  };
}

function cheapest(costs: readonly PathCost[]): PathCost {
  return costs.reduce((a, b) => (b.relative < a.relative ? b : a));
}

/**
 * A placement's cost against that of the best placement of the same request on the same host when
 * empty, part by part and as a whole, rounded to four decimals. The slowdown is 1 of the best and
 * never below it: the best is the one with the fewest cells, and a placement of more cells that
 * turns out cheaper has nothing to be held against but itself. A single part may be below 1 where
 * the best gives way on it to gain more on another.
 */
export function planCost(raw: RawCost, best: RawCost): PlanCost {
  const { parts, total } = raw.total < best.total ? raw : best;
  return {
    basis: weakerBasis(raw.basis, best.basis),
    parts: {
      hostToDevice: rounded(raw.parts.hostToDevice / parts.hostToDevice),
      memory: rounded(raw.parts.memory / parts.memory),
      peer: rounded(raw.parts.peer / parts.peer),
      network: rounded(raw.parts.network / parts.network),
    },
    slowdown: rounded(raw.total / total),
  };
}

function rounded(value: number): number {
  return Math.round(value * 1e4) / 1e4;
}
