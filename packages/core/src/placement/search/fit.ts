import type { CostModel } from "../../cost/placement-cost.ts";
import type { NodeSpace, Space } from "../space/space.ts";
import type { OnNode } from "./layout.ts";
import { evenSplit, proportionalSplit } from "./split.ts";
import { transport } from "./transport.ts";

/** What a cell needs of a host, cores in units and memory in granules. */
export interface CellDemand {
  readonly node: number;
  readonly units: number;
  readonly granules: number;
  /** The nodes of its accelerators, which copy to and from its memory; null where unknown. */
  readonly deviceNodes: readonly (number | null)[];
}

/**
 * What the cells on these nodes need, a cell's share being its share of the accelerators; null where
 * a cell would be left without cores or memory.
 *
 * @param deviceNodes the nodes of each cell's accelerators.
 */
export function proportionalDemands(
  space: Space,
  homes: readonly number[],
  deviceNodes: readonly (readonly (number | null)[])[],
): readonly CellDemand[] | null {
  const weights = deviceNodes.map((nodes) => nodes.length);
  const units = proportionalSplit(space.units, weights);
  const granules = proportionalSplit(space.granules, weights);
  if ([...units, ...granules].includes(0)) return null;
  return homes.map((node, i) => ({
    node,
    units: units[i] ?? 0,
    granules: granules[i] ?? 0,
    deviceNodes: deviceNodes[i] ?? [],
  }));
}

/** Where a cell's cores and memory come from. */
export interface CellSupply {
  readonly units: readonly OnNode[];
  readonly granules: readonly OnNode[];
}

/** Where the cells' needs can be met, in the cells' order; null when they cannot. */
export type Fit = (demands: readonly CellDemand[]) => readonly CellSupply[] | null;

const nodeOf = (space: Space, id: number): NodeSpace | undefined =>
  space.nodes.find((node) => node.id === id);

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

/** Cores from the cell's own node, memory in equal parts from all: the same cost for everyone. */
export function interleaveFit(space: Space): Fit {
  const over = interleaveNodes(space);
  return (demands) => {
    const parts = demands.map(({ granules }) =>
      evenSplit(
        granules,
        over.map(() => granules),
      ),
    );
    const enough = over.every((id, i) => {
      const needed = parts.reduce((sum, part) => sum + (part?.[i] ?? 0), 0);
      return (nodeOf(space, id)?.granules ?? 0) >= needed;
    });
    if (over.length === 0 || !enough) return null;
    if (demands.some(({ node, units }) => (nodeOf(space, node)?.units ?? 0) < units)) return null;
    return demands.map(({ node, units }, cell) => ({
      units: [{ node, count: units }],
      granules: onNodes(over, parts[cell] ?? []),
    }));
  };
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
  const total = (amount: (node: NodeSpace) => number): number =>
    space.nodes.reduce((sum, node) => sum + Math.max(0, amount(node)), 0);
  const suffices =
    total((node) => node.units) >= space.units &&
    total((node) => node.granules ?? 0) >= space.granules;
  // Sets of accelerators that lie on the same nodes in the same numbers need the same.
  const known = new Map<string, ReturnType<Fit>>();
  return (demands) => {
    if (!suffices) return null;
    const key = demands
      .map((cell) => `${cell.node} ${cell.units} ${cell.granules} ${cell.deviceNodes.join()}`)
      .join(";");
    const before = known.get(key);
    if (before !== undefined) return before;
    const supplies = strayed(space, model, demands);
    known.set(key, supplies);
    return supplies;
  };
}

function strayed(space: Space, model: CostModel, demands: readonly CellDemand[]): ReturnType<Fit> {
  const ids = space.nodes.map((node) => node.id);
  const units = transport(
    demands.map((demand) => demand.units),
    space.nodes.map((node) => Math.max(0, node.units)),
    demands.map(({ node }) => ids.map((id) => model.memoryPath(id, node))),
  );
  if (units === null) return null;
  const granules = transport(
    demands.map((demand) => demand.granules),
    space.nodes.map((node) => node.granules ?? 0),
    demands.map((demand, i) => {
      const vcpus = onNodes(ids, units[i] ?? []);
      return ids.map((id) => granuleCost(space, model, demand, vcpus, id));
    }),
  );
  if (granules === null) return null;
  return demands.map((_, cell) => ({
    units: onNodes(ids, units[cell] ?? []),
    granules: onNodes(ids, granules[cell] ?? []),
  }));
}

/** What one granule of a cell adds to the cost when it lies on a node. */
function granuleCost(
  { request, granules }: Space,
  { weights, memoryPath }: CostModel,
  demand: CellDemand,
  vcpus: readonly OnNode[],
  id: number,
): number {
  const fromCpus = vcpus.reduce((sum, { node, count }) => sum + count * memoryPath(node, id), 0);
  const copies = demand.deviceNodes.map((node) => memoryPath(node, id));
  const fromDevices = copies.reduce((sum, path) => sum + path, 0);
  const accelerators = Math.max(1, request.accelerators.count);
  return (
    (weights.memory * fromCpus) / (demand.units * granules) +
    (weights.hostToDevice * fromDevices) / (accelerators * demand.granules)
  );
}

function onNodes(ids: readonly number[], counts: readonly number[]): OnNode[] {
  return ids.flatMap((node, i) => {
    const count = counts[i] ?? 0;
    return count > 0 ? [{ node, count }] : [];
  });
}
