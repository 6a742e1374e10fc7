import type { CostModel } from "../../cost/placement-cost.ts";
import type { NodeSpace, Space } from "../space/space.ts";
import type { OnNode } from "./layout.ts";
import { evenPart } from "./split.ts";
import { transport } from "./transport.ts";

/** What a cell needs of a host, cores in units and memory in granules. */
export interface CellDemand {
  readonly node: number;
  readonly units: number;
  readonly granules: number;
  /** The nodes of its accelerators, which copy to and from its memory; null where unknown. */
  readonly deviceNodes: readonly (number | null)[];
}

/** Where a cell's cores and memory come from. */
export interface CellSupply {
  readonly units: readonly OnNode[];
  readonly granules: readonly OnNode[];
}

/** Where the cells' needs can be met, in the cells' order; null when they cannot. */
export type Fit = (demands: readonly CellDemand[]) => readonly CellSupply[] | null;

const nodeOf = ({ nodes, inventory }: Space, id: number): NodeSpace | undefined =>
  nodes[inventory.nodePosition.get(id) ?? -1];

/** Everything from the cell's own node. */
export function strictFit(space: Space): Fit {
  return (demands) => {
    const fits = demands.every(({ node, units, granules }) => {
      const free = nodeOf(space, node);
      return free !== undefined && free.units >= units && (free.granules ?? 0) >= granules;
    });
    if (!fits) return null;
    return demands.map(({ node, units, granules }) => ({
      units: [{ node, count: units }],
      granules: [{ node, count: granules }],
    }));
  };
}

/** The nodes over which memory is interleaved: those that have both CPUs and memory. */
export function interleaveNodes(space: Space): readonly number[] {
  return space.topology.nodes
    .filter((node) => node.cpus !== "" && (node.memoryBytes ?? 0) > 0)
    .map((node) => node.id);
}

/**
 * Whether every node has its part of memory that is interleaved for so many cells: of each cell's a
 * whole share, rounded down, by which the sum of all is lessened the most when it is cells' worth of
 * remainders.
 */
export function canInterleave(space: Space, cells: number): boolean {
  const over = interleaveNodes(space);
  const least = (space.granules - cells * (over.length - 1)) / over.length;
  return over.every((id) => (nodeOf(space, id)?.granules ?? 0) >= least);
}

/** Whether every node has its parts of what these cells interleave. */
export function interleavedShares(space: Space): (granules: readonly number[]) => boolean {
  const free = interleaveNodes(space).map((id) => nodeOf(space, id)?.granules ?? 0);
  return (granules) =>
    free.every((room, i) => {
      let needed = 0;
      for (const own of granules) needed += evenPart(own, free.length, i);
      return needed <= room;
    });
}

/** Cores from the cell's own node, memory in equal parts from all: the same cost for everyone. */
export function interleaveFit(space: Space): Fit {
  const over = interleaveNodes(space);
  const fits = interleavedShares(space);
  return (demands) => {
    if (over.length === 0 || !fits(demands.map(({ granules }) => granules))) return null;
    if (demands.some(({ node, units }) => (nodeOf(space, node)?.units ?? 0) < units)) return null;
    return demands.map(({ node, units, granules }) => ({
      units: [{ node, count: units }],
      granules: onNodes(
        over,
        over.map((_, i) => evenPart(granules, over.length, i)),
      ),
    }));
  };
}

/** Whether the host has enough in all, wherever it lies. */
export function hasEnough(space: Space): boolean {
  const total = (amount: (node: NodeSpace) => number): number =>
    space.nodes.reduce((sum, node) => sum + Math.max(0, amount(node)), 0);
  return (
    total((node) => node.units) >= space.units &&
    total((node) => node.granules ?? 0) >= space.granules
  );
}

/**
 * From the cell's own node as far as it goes and the rest from wherever it costs least in all:
 * cores by a cheapest transport from nodes to cells, then memory by another.
 *
 * A granule costs what it adds to the placement's cost (`cost/placement-cost.ts`): the paths of the
 * cell's vCPUs to it, and those of its accelerators, of which each is one of all the VM's and copies
 * to all of the cell's memory alike. Both are linear in where granules lie, once cores are placed,
 * so the memory is where it is best for these cores. Cores and memory are not chosen together: where
 * both stray, other cores might have allowed better memory.
 */
export function strayingFit(space: Space, model: CostModel): Fit {
  return (demands) => strayed(space, model, demands);
}

function strayed(space: Space, model: CostModel, demands: readonly CellDemand[]): ReturnType<Fit> {
  const { inventory, nodes } = space;
  const ids = inventory.nodeIds;
  const paths = inventory.relations.memoryPaths();
  const units = transport(
    demands.map((demand) => demand.units),
    nodes.map((node) => Math.max(0, node.units)),
    demands.map(({ node }) => {
      const home = inventory.nodePosition.get(node) ?? -1;
      return paths.map((from) => from[home] ?? 1);
    }),
  );
  if (units === null) return null;
  const granules = transport(
    demands.map((demand) => demand.granules),
    nodes.map((node) => node.granules ?? 0),
    demands.map((demand, i) => granuleCosts(space, model, demand, units[i] ?? [])),
  );
  if (granules === null) return null;
  return demands.map((_, cell) => ({
    units: onNodes(ids, units[cell] ?? []),
    granules: onNodes(ids, granules[cell] ?? []),
  }));
}

/** What one granule of a cell adds to the cost when it lies on each of the nodes. */
function granuleCosts(
  { request, inventory, granules }: Space,
  { weights, memoryPath }: CostModel,
  demand: CellDemand,
  vcpus: readonly number[],
): Float64Array {
  const paths = inventory.relations.memoryPaths();
  const { nodeIds, nodePosition } = inventory;
  const accelerators = Math.max(1, request.accelerators.count);
  const ofCpus = weights.memory / (demand.units * granules);
  const ofDevices = weights.hostToDevice / (accelerators * demand.granules);
  const cost = new Float64Array(nodeIds.length);
  const add = (weight: number, from: ArrayLike<number>): void => {
    for (let at = 0; at < cost.length; at++) cost[at] = (cost[at] ?? 0) + weight * (from[at] ?? 1);
  };
  for (const [at, count] of vcpus.entries()) if (count > 0) add(ofCpus * count, paths[at] ?? []);
  for (const node of demand.deviceNodes) {
    const own = node === null ? undefined : paths[nodePosition.get(node) ?? -1];
    add(ofDevices, own ?? nodeIds.map((id) => memoryPath(node, id)));
  }
  return cost;
}

function onNodes(ids: readonly number[], counts: readonly number[]): OnNode[] {
  return ids.flatMap((node, i) => {
    const count = counts[i] ?? 0;
    return count > 0 ? [{ node, count }] : [];
  });
}
