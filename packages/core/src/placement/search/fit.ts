import type { NodeSpace, Space } from "../space/space.ts";
import type { OnNode } from "./layout.ts";
import { evenSplit } from "./split.ts";
import { transport } from "./transport.ts";

/** What a cell needs of a host, cores in units and memory in granules. */
export interface CellDemand {
  readonly node: number;
  readonly units: number;
  readonly granules: number;
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
 * cores and memory each by a cheapest transport from nodes to cells.
 */
export function strayingFit(
  space: Space,
  pathCost: (initiator: number, target: number) => number,
): Fit {
  const ids = space.nodes.map((node) => node.id);
  const total = (amount: (node: NodeSpace) => number): number =>
    space.nodes.reduce((sum, node) => sum + Math.max(0, amount(node)), 0);
  const suffices =
    total((node) => node.units) >= space.units &&
    total((node) => node.granules ?? 0) >= space.granules;
  return (demands) => {
    if (!suffices) return null;
    const units = transport(
      demands.map((demand) => demand.units),
      space.nodes.map((node) => (node.units > 0 ? node.units : 0)),
      demands.map(({ node }) => ids.map((id) => pathCost(id, node))),
    );
    const granules = transport(
      demands.map((demand) => demand.granules),
      space.nodes.map((node) => node.granules ?? 0),
      demands.map(({ node }) => ids.map((id) => pathCost(node, id))),
    );
    if (units === null || granules === null) return null;
    return demands.map((_, cell) => ({
      units: onNodes(ids, units[cell] ?? []),
      granules: onNodes(ids, granules[cell] ?? []),
    }));
  };
}

function onNodes(ids: readonly number[], counts: readonly number[]): OnNode[] {
  return ids.flatMap((node, i) => {
    const count = counts[i] ?? 0;
    return count > 0 ? [{ node, count }] : [];
  });
}
