import type { CostParts, PlanCost } from "./plan-cost.ts";
import type { Workload } from "../request/virtual-machine.ts";
import type { Topology } from "../topology/topology.ts";
import { at, valueOf } from "../unit/list.ts";
import { entryAt, rowOf } from "../unit/matrix.ts";
import { add, type Vector, vectorOf } from "../unit/vector.ts";
import { type MachinePaths, machinePaths, type PathTable } from "./machine-paths.ts";
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

/** One machine's costs under one workload: what prices every placement, and every part of one. */
export interface CostModel {
  readonly weights: CostParts;
  readonly paths: MachinePaths;
  readonly cost: (placed: Placed) => RawCost;
  /** The parts of a cost, each alone: devices by their positions, at least 1. */
  readonly memory: (cells: readonly PlacedCell[]) => number;
  readonly hostToDevice: (
    cells: readonly PlacedCell[],
    accelerators: readonly Omit<PlacedAccelerator, "address">[],
  ) => number;
  /** What both add to a cost for a part of a cell's memory, were it on each of the nodes. */
  readonly memoryOn: (part: MemoryPart) => Vector;
  readonly peer: (accelerators: readonly number[]) => number;
  readonly network: (accelerators: readonly number[], nics: readonly number[]) => number;
  /** The parts by the workload's weights. */
  readonly total: (parts: CostParts) => number;
  /** Single paths, by node ids and addresses; an unknown initiator is null. */
  readonly memoryPath: (initiator: number | null, target: number) => number;
  readonly peerPair: (a: string, b: string) => number;
  readonly networkPair: (accelerator: string, nic: string) => number;
}

/** A part of a cell's memory of which is only open on which node it is. */
export interface MemoryPart {
  /** Of all of the VM's memory, and of the cell's. */
  readonly share: number;
  readonly ofCell: number;
  /** As of the cell. */
  readonly vcpuNodes: readonly NodeShare[];
  /** The nodes of the cell's accelerators, of so many that the VM has. */
  readonly deviceNodes: readonly (number | null)[];
  readonly accelerators: number;
}

/**
 * Looks up what the topology tells once; a cost is then linear in the shares and quadratic in the
 * devices.
 */
export function costModel(topology: Topology, workload: Workload): CostModel {
  return costModelOn(machinePaths(topology), workload);
}

export function costModelOn(paths: MachinePaths, workload: Workload): CostModel {
  const weights = workloadWeights[workload];
  const total = (parts: CostParts): number =>
    weights.hostToDevice * parts.hostToDevice +
    weights.memory * parts.memory +
    weights.peer * parts.peer +
    weights.network * parts.network;
  return {
    weights,
    paths,
    total,
    cost({ cells, accelerators, nics }) {
      const addresses = accelerators.map(({ address }) => address);
      const positions = addresses.map((address) => valueOf(paths.acceleratorPosition, address));
      const nicPositions = nics.map((address) => valueOf(paths.nicPosition, address));
      const priced = {
        hostToDevice: pricedBy(paths.memory(), copiesOf(paths, cells, accelerators)),
        memory: pricedBy(paths.memory(), readsOf(paths, cells)),
        peer: pricedBy(paths.peer(), pairsOf(positions)),
        network: pricedBy(paths.network(), nearestOf(paths, positions, nicPositions)),
      };
      const parts = {
        hostToDevice: priced.hostToDevice.relative,
        memory: priced.memory.relative,
        peer: priced.peer.relative,
        network: priced.network.relative,
      };
      // Copies are priced as reads of the CPUs beside the device. Even where those were measured
      // this is a model: nobody has measured the copies themselves.
      const copies: CostBasis = accelerators.length > 0 ? "modelled" : "measured";
      const bases = Object.values(priced).map(({ basis }) => basis);
      return { parts, total: total(parts), basis: bases.reduce(weakerBasis, copies) };
    },
    memory: (cells) => meanOf(paths.memory(), readsOf(paths, cells)),
    hostToDevice: (cells, accelerators) =>
      meanOf(paths.memory(), copiesOf(paths, cells, accelerators)),
    memoryOn: (part) => memoryOn(paths, weights, part),
    peer: (accelerators) => meanOf(paths.peer(), pairsOf(accelerators)),
    network: (accelerators, nics) => meanOf(paths.network(), nearestOf(paths, accelerators, nics)),
    memoryPath: (initiator, target) =>
      entryAt(
        paths.memory().relative,
        initiatorRow(paths, initiator),
        valueOf(paths.nodePosition, target),
      ),
    peerPair: (a, b) =>
      entryAt(
        paths.peer().relative,
        valueOf(paths.acceleratorPosition, a),
        valueOf(paths.acceleratorPosition, b),
      ),
    networkPair: (accelerator, nic) =>
      entryAt(
        paths.network().relative,
        valueOf(paths.acceleratorPosition, accelerator),
        valueOf(paths.nicPosition, nic),
      ),
  };
}

function initiatorRow({ nodePosition }: MachinePaths, node: number | null): number {
  return node === null ? nodePosition.size : valueOf(nodePosition, node);
}

/** The paths that a part is the mean of, each with its weight; all weights sum to 1. */
type Paths = (visit: (weight: number, from: number, to: number) => void) => void;

/** The mean by weight; 1 where there is no path, which is what the best costs. */
function meanOf({ relative }: PathTable, paths: Paths): number {
  let sum = 0;
  let isAny = false;
  paths((weight, from, to) => {
    sum += weight * entryAt(relative, from, to);
    isAny = true;
  });
  return isAny ? sum : 1;
}

/** The same with what it rests on: where there is no path, on no assumption. */
function pricedBy(table: PathTable, paths: Paths): PathCost {
  let basis: CostBasis = "measured";
  paths((_, from, to) => {
    basis = weakerBasis(basis, at(at(table.basis, from), to));
  });
  return { relative: meanOf(table, paths), basis };
}

/** From each cell's vCPUs to its memory. */
function readsOf({ nodePosition }: MachinePaths, cells: readonly PlacedCell[]): Paths {
  return (visit) => {
    for (const { share, vcpuNodes, memoryNodes } of cells) {
      for (const cpus of vcpuNodes) {
        for (const memory of memoryNodes) {
          const weight = share * cpus.share * memory.share;
          if (weight === 0) continue;
          visit(weight, valueOf(nodePosition, cpus.node), valueOf(nodePosition, memory.node));
        }
      }
    }
  };
}

/** From each accelerator to its cell's memory. */
function copiesOf(
  paths: MachinePaths,
  cells: readonly PlacedCell[],
  accelerators: readonly Omit<PlacedAccelerator, "address">[],
): Paths {
  return (visit) => {
    for (const { node, cell } of accelerators) {
      const from = initiatorRow(paths, node);
      for (const memory of at(cells, cell).memoryNodes) {
        if (memory.share === 0) continue;
        visit(memory.share / accelerators.length, from, valueOf(paths.nodePosition, memory.node));
      }
    }
  };
}

/** The same two parts, which are linear in where memory lies, node by node. */
function memoryOn(
  paths: MachinePaths,
  weights: CostParts,
  { share, ofCell, vcpuNodes, deviceNodes, accelerators }: MemoryPart,
): Vector {
  const { relative } = paths.memory();
  const cost = vectorOf(paths.nodePosition.size);
  const addRow = (weight: number, from: number | null): void => {
    const row = rowOf(relative, initiatorRow(paths, from));
    for (const [node, path] of row.entries()) add(cost, node, weight * path);
  };
  for (const cpus of vcpuNodes) addRow(weights.memory * share * cpus.share, cpus.node);
  for (const node of deviceNodes) addRow((weights.hostToDevice * ofCell) / accelerators, node);
  return cost;
}

function pairsOf(accelerators: readonly number[]): Paths {
  const weight = 2 / (accelerators.length * (accelerators.length - 1));
  return (visit) => {
    for (const [i, a] of accelerators.entries()) {
      for (let j = 0; j < i; j++) visit(weight, at(accelerators, j), a);
    }
  };
}

/** From every device to its nearest of the other kind. */
function nearestOf(
  { network }: MachinePaths,
  accelerators: readonly number[],
  nics: readonly number[],
): Paths {
  const weight = 1 / (accelerators.length + nics.length);
  return (visit) => {
    if (accelerators.length === 0 || nics.length === 0) return;
    const { relative } = network();
    for (const a of accelerators) {
      visit(
        weight,
        a,
        nearest(nics, (nic) => entryAt(relative, a, nic)),
      );
    }
    for (const nic of nics) {
      visit(
        weight,
        nearest(accelerators, (a) => entryAt(relative, a, nic)),
        nic,
      );
    }
  };
}

/** The first of those that cost least. */
function nearest(devices: readonly number[], costOf: (device: number) => number): number {
  let [best, least] = [at(devices, 0), Infinity];
  for (const device of devices) {
    const cost = costOf(device);
    if (cost < least) [best, least] = [device, cost];
  }
  return best;
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
