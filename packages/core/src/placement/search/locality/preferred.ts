import type { CostModel } from "../../../cost/placement-cost.ts";
import { at, valueOf } from "../../../unit/list.ts";
import { entryAt, type Matrix, matrixOf, rowOf } from "../../../unit/matrix.ts";
import { add, type Vector } from "../../../unit/vector.ts";
import { hasEnough, knownGranules, type Space } from "../../space/space.ts";
import { type OnNode, total } from "../../layout/layout.ts";
import {
  type CellShares,
  type CellSupply,
  type LocalityPolicy,
  splitOver,
  unlimited,
} from "./locality-policy.ts";
import { sharesOf } from "./split.ts";
import type { Effort } from "../rank/effort.ts";
import { type Flow, transport } from "./transportation.ts";

/**
 * Locality `preferred` where `strict` does not fit: two transportation problems from nodes to
 * cells, at the least total cost; the first for cores, the second for memory. So a cell uses its
 * own node as far as it goes. The remainder goes to the cells where it costs least.
 *
 * Cores and memory are not chosen together: where both stray, other cores might have allowed better
 * memory.
 */
export function preferredPolicy(space: Space, model: CostModel): LocalityPolicy {
  const enough = hasEnough(space);
  return {
    isPossible: () => enough,
    coresOnOwnNode: false,
    memoryOnOwnNode: false,
    nicsOnCellNodes: false,
    isCostFixed: false,
    work: 10 * space.nodes.length ** 2,
    leastMemory: () => null,
    cellSupplies: (cells, all, effort) =>
      strayingSupplies(space, model, cells, () => coresOf({ space, model, cells, all, effort })),
  };
}

function* strayingSupplies(
  space: Space,
  model: CostModel,
  cells: CellShares,
  allCores: () => readonly Matrix[],
): Generator<readonly CellSupply[]> {
  for (const cores of allCores()) {
    const units = cores.map((counts) => onNodes(space, counts));
    for (const granules of granulesOf(space, model, cells, units)) {
      yield units.map((own, cell) => ({ units: own, granules: at(granules, cell) }));
    }
  }
}

/**
 * The cheapest flows of cores from nodes to cells. Where no core strays, memory costs the same for
 * all of them, so the first is enough unless all are wanted. There is a flow for each choice of
 * cells that get the remainder: a number that explodes with the cells, so each costs effort.
 */
function coresOf({
  space,
  model,
  cells,
  all,
  effort,
}: {
  readonly space: Space;
  readonly model: CostModel;
  readonly cells: CellShares;
  readonly all: boolean;
  readonly effort: Effort;
}): Matrix[] {
  const { nodePosition } = space.inventory;
  const paths = model.paths.memory().relative;
  const supplies = space.nodes.map((node) => node.units);
  // From a core to the memory of the cell's own node.
  const cost = matrixOf(cells.cellNodes.length, space.nodes.length, (cell, node) =>
    entryAt(paths, node, valueOf(nodePosition, at(cells.cellNodes, cell))),
  );
  preferOwnNodes(space, cells, cost);
  const split = splitOver(space.units, cells, unlimited(cells));
  let least = Infinity;
  const flows: Flow[] = [];
  for (const demands of split === null ? [] : sharesOf(split)) {
    const found = transport(demands, supplies, cost);
    if (found !== null && found.cost < least + TIE) {
      least = Math.min(least, found.cost);
      flows.push(found);
    }
    if (!effort.spend(workOfFlow(space, cells)) && flows.length > 0) break;
  }
  const cheapest = flows.filter((flow) => flow.cost < least + TIE).map(({ flow }) => flow);
  const isOnOwnNodes = least < space.units + TIE;
  return isOnOwnNodes && !all ? cheapest.slice(0, 1) : cheapest;
}

/** The work of a transportation problem is in the order of its matrix. */
function workOfFlow(space: Space, { cellNodes }: CellShares): number {
  return cellNodes.length * space.nodes.length;
}

/** Makes a cell's own node come before other nodes of equal cost, whatever its number. */
function preferOwnNodes(space: Space, { cellNodes }: CellShares, cost: Matrix): void {
  for (const [cell, cellNode] of cellNodes.entries()) {
    add(rowOf(cost, cell), valueOf(space.inventory.nodePosition, cellNode), -OWN_NODE_LEAD);
  }
}

/** More than rounding, and less than the difference between any two costs. */
const OWN_NODE_LEAD = 1e-10;

/** An upper bound on the sum of all leads and rounding errors of a flow. */
const TIE = 1e-6;

/** The cheapest flows of memory from nodes to cells whose cores are given. */
function* granulesOf(
  space: Space,
  model: CostModel,
  cells: CellShares,
  units: readonly (readonly OnNode[])[],
): Generator<readonly (readonly OnNode[])[]> {
  const supplies = space.nodes.map(knownGranules);
  const split = splitOver(space.granules, cells, unlimited(cells));
  for (const demands of split === null ? [] : sharesOf(split)) {
    const cost = demands.map((granules, cell) =>
      granuleCosts(space, model, {
        granules,
        units: at(units, cell),
        deviceNodes: at(cells.deviceNodes, cell),
      }),
    );
    preferOwnNodes(space, cells, cost);
    const found = transport(demands, supplies, cost);
    if (found !== null) yield found.flow.map((counts) => onNodes(space, counts));
  }
}

/** A cell before its memory has nodes. */
export interface CellWithoutMemory {
  readonly granules: number;
  readonly units: readonly OnNode[];
  readonly deviceNodes: readonly number[];
}

/** For each node, what one granule of a cell there adds to the placement's cost. */
export function granuleCosts(
  { request, granules: all }: Space,
  model: CostModel,
  { granules, units, deviceNodes }: CellWithoutMemory,
): Vector {
  const cores = total(units);
  return model.memoryOn({
    share: 1 / all,
    ofCell: 1 / granules,
    vcpuNodes: units.map(({ node, count }) => ({ node, share: count / cores })),
    deviceNodes,
    accelerators: request.accelerators.count,
  });
}

/** Turns amounts by node position into amounts by node id, without zeros. */
export function onNodes({ inventory }: Space, counts: Vector): OnNode[] {
  return inventory.nodeIds.flatMap((node, i) => {
    const count = at(counts, i);
    return count > 0 ? [{ node, count }] : [];
  });
}
