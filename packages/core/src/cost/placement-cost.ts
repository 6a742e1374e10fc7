import type { CostParts, PlanCost } from "./plan-cost.ts";
import type { Workload } from "../request/virtual-machine.ts";
import type { Profile } from "../request/workload-profile.ts";
import type { Topology } from "../topology/topology.ts";
import { at, valueOf } from "../unit/list.ts";
import { entryAt, rowOf } from "../unit/matrix.ts";
import { add, type Vector, vectorOf } from "../unit/vector.ts";
import { type MachinePaths, machinePaths, type PathTable } from "./machine-paths.ts";
import { type CostBasis, type PathCost, weakerBasis } from "./path-cost.ts";
import { weightsOf } from "./workload.ts";

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
 * It prices paths one by one. Flows that share a link or a controller are not modelled yet,
 * although sharing is what makes remote copies slow on a modern machine: one stream often shows no
 * penalty.
 *
 * Means are linear in the shares, so moving memory to a farther node never lowers a cost. The names
 * and the order of devices change nothing.
 */

/** A placement as the cost model takes it, ours or another's. */
export interface Placed {
  readonly cells: readonly PlacedCell[];
  readonly accelerators: readonly PlacedAccelerator[];
  /** Addresses. */
  readonly nics: readonly string[];
}

/** A cell in shares, not amounts: a floating VM is one cell with vCPUs on all nodes. */
export interface PlacedCell {
  /** The cell's share of the VM's vCPUs and memory; all cells sum to 1. */
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

/** A placement's absolute cost; a plan's cost is relative to the best (`planCost`). */
export interface RawCost {
  /** Each is at least 1, and exactly 1 where it does not apply. */
  readonly parts: CostParts;
  /** The sum of the parts by the workload's weights. */
  readonly total: number;
  readonly basis: CostBasis;
}

/** One machine's costs under one workload: prices placements and parts of them. */
export interface CostModel {
  readonly weights: CostParts;
  readonly paths: MachinePaths;
  readonly cost: (placed: Placed) => RawCost;
  /** The single parts of a cost, each at least 1; devices are given by position. */
  readonly memory: (cells: readonly PlacedCell[]) => number;
  readonly hostToDevice: (
    cells: readonly PlacedCell[],
    accelerators: readonly Omit<PlacedAccelerator, "address">[],
  ) => number;
  /** For each node, what a part of a cell's memory there adds to the total cost. */
  readonly memoryOn: (part: MemoryPart) => Vector;
  readonly peer: (accelerators: readonly number[]) => number;
  readonly network: (accelerators: readonly number[], nics: readonly number[]) => number;
  /** The sum of the parts by the workload's weights. */
  readonly total: (parts: CostParts) => number;
  /** The costs of single paths, by node ids and addresses; an unknown initiator is null. */
  readonly memoryPath: (initiator: number | null, target: number) => number;
  readonly copyPath: (initiator: number | null, target: number) => number;
  readonly peerPair: (a: string, b: string) => number;
  readonly networkPair: (accelerator: string, nic: string) => number;
}

/** A part of a cell's memory before it has a node. */
export interface MemoryPart {
  /** Its share of the VM's memory, and of the cell's. */
  readonly share: number;
  readonly ofCell: number;
  /** The cell's vCPUs. */
  readonly vcpuNodes: readonly NodeShare[];
  /** The nodes of the cell's accelerators, and how many the VM has in all. */
  readonly deviceNodes: readonly (number | null)[];
  readonly accelerators: number;
}

/**
 * The model of a topology, which it reads once: a cost then takes time linear in shares and
 * quadratic in devices.
 */
export function costModel(topology: Topology, workload: Workload | Profile): CostModel {
  return costModelOn(machinePaths(topology), workload);
}

/** The model of a machine whose paths are known. */
export function costModelOn(paths: MachinePaths, workload: Workload | Profile): CostModel {
  const weights = weightsOf(workload);
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
        hostToDevice: pricedBy(paths.copies(), copiesOf(paths, cells, accelerators)),
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
      const bases = Object.values(priced).map(({ basis }) => basis);
      return { parts, total: total(parts), basis: bases.reduce(weakerBasis) };
    },
    memory: (cells) => meanOf(paths.memory(), readsOf(paths, cells)),
    hostToDevice: (cells, accelerators) =>
      meanOf(paths.copies(), copiesOf(paths, cells, accelerators)),
    memoryOn: (part) => memoryOn(paths, weights, part),
    peer: (accelerators) => meanOf(paths.peer(), pairsOf(accelerators)),
    network: (accelerators, nics) => meanOf(paths.network(), nearestOf(paths, accelerators, nics)),
    memoryPath: (initiator, target) => pathIn(paths, paths.memory(), initiator, target),
    copyPath: (initiator, target) => pathIn(paths, paths.copies(), initiator, target),
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

function pathIn(
  paths: MachinePaths,
  { relative }: PathTable,
  initiator: number | null,
  target: number,
): number {
  return entryAt(relative, initiatorRow(paths, initiator), valueOf(paths.nodePosition, target));
}

function initiatorRow({ nodePosition }: MachinePaths, node: number | null): number {
  return node === null ? nodePosition.size : valueOf(nodePosition, node);
}

/** Visits the paths that a part is the mean of, with their weights, which sum to 1. */
type Paths = (visit: (weight: number, from: number, to: number) => void) => void;

/** The weighted mean; without a path it is 1, the cost of the best. */
function meanOf({ relative }: PathTable, paths: Paths): number {
  let sum = 0;
  let isAny = false;
  paths((weight, from, to) => {
    sum += weight * entryAt(relative, from, to);
    isAny = true;
  });
  return isAny ? sum : 1;
}

/** The weighted mean with its basis, which without a path is `measured`: nothing is assumed. */
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

/** Both memory parts of the cost, which are linear in the memory on each node. */
function memoryOn(
  paths: MachinePaths,
  weights: CostParts,
  { share, ofCell, vcpuNodes, deviceNodes, accelerators }: MemoryPart,
): Vector {
  const cost = vectorOf(paths.nodePosition.size);
  const addRow = ({ relative }: PathTable, weight: number, from: number | null): void => {
    const row = rowOf(relative, initiatorRow(paths, from));
    for (const [node, path] of row.entries()) add(cost, node, weight * path);
  };
  const [reads, copies] = [paths.memory(), paths.copies()];
  for (const cpus of vcpuNodes) addRow(reads, weights.memory * share * cpus.share, cpus.node);
  for (const node of deviceNodes) {
    addRow(copies, (weights.hostToDevice * ofCell) / accelerators, node);
  }
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

/** From every device to the nearest one of the other kind. */
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

/** The first device with the least cost. */
function nearest(devices: readonly number[], costOf: (device: number) => number): number {
  let [best, least] = [at(devices, 0), Infinity];
  for (const device of devices) {
    const cost = costOf(device);
    if (cost < least) [best, least] = [device, cost];
  }
  return best;
}

/**
 * A placement's cost relative to the best placement of the same request on the same host when
 * empty, part by part and as a whole, rounded to four decimals. The slowdown of the best is 1, and
 * none is below: the best has the fewest cells, and a placement of more cells that turns out
 * cheaper is compared with itself. A single part may be below 1 where the best gives way on it to
 * gain more on another.
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
