import type { CostModel } from "../../../cost/placement-cost.ts";
import { at, valueOf } from "../../../unit/list.ts";
import { add, read, type Vector, vectorOf } from "../../../unit/vector.ts";
import { knownGranules, nodeOf, type NodeSpace, type Space } from "../../space/space.ts";
import type { OnNode } from "../../layout/layout.ts";
import {
  type CellShares,
  type CellSupply,
  type LocalityPolicy,
  splitOver,
  unlimited,
} from "./locality-policy.ts";
import { sharesOf } from "./split.ts";
import { type CellWithoutMemory, granuleCosts, onNodes } from "./preferred.ts";
import { transport } from "./transportation.ts";
import { sum } from "../../../unit/sum.ts";

/**
 * Locality `interleave`: cores on the cell's own node, memory in equal parts on all nodes with CPUs
 * and memory. The pages of a cell that make no full round lie on different nodes with room, by a
 * transportation problem at the least cost.
 */
export function interleavePolicy(space: Space, model: CostModel): LocalityPolicy {
  const over = interleaveNodes(space);
  const rooms = over.map((id) => knownGranules(nodeOf(space, id)));
  // Full rounds leave out at most one granule less than a round of each cell's memory.
  const leastOn = (cells: number): number =>
    (space.granules - cells * (over.length - 1)) / over.length;
  return {
    isPossible: (cells) => over.length > 0 && rooms.every((room) => room >= leastOn(cells)),
    coresOnOwnNode: true,
    memoryOnOwnNode: false,
    nicsOnCellNodes: false,
    isCostFixed: false,
    work: 30 * space.nodes.length,
    leastMemory: (nodes, cells) => leastMemory(space, model, over, nodes, cells),
    cellSupplies: (cells, all) => interleavedSupplies(space, model, over, cells, all),
  };
}

function* interleavedSupplies(
  space: Space,
  model: CostModel,
  over: readonly number[],
  cells: CellShares,
  all: boolean,
): Generator<readonly CellSupply[]> {
  const ofUnits = splitOver(
    space.units,
    cells,
    cells.cellNodes.map((cellNode) => nodeOf(space, cellNode).units),
  );
  const ofGranules = splitOver(space.granules, cells, unlimited(cells));
  if (ofUnits === null || ofGranules === null) return;
  // Cores are on their cells' nodes, so the cell that has one more does not change the cost.
  for (const units of sharesOf(ofUnits).take(all ? Infinity : 1)) {
    const cores = cells.cellNodes.map((node, cell) => [{ node, count: at(units, cell) }]);
    for (const granules of sharesOf(ofGranules)) {
      const own = withMemory(space, model, cells, cores, granules, over);
      if (own !== null) yield own;
    }
  }
}

/**
 * A lower bound, for each node, on what the memory of one of `cells` equal cells adds to the cost
 * there: the granules that every cell has, in full rounds and the cheapest part of one; and the
 * cell's even part of the granules that do not divide, each at the cheapest cost on any node.
 */
function leastMemory(
  space: Space,
  model: CostModel,
  over: readonly number[],
  nodes: readonly NodeSpace[],
  cells: number,
): Vector {
  const { nodePosition } = space.inventory;
  const share = Math.floor(space.granules / cells);
  const cheapestOf = nodes.map(({ id: node }) => {
    const units = [{ node, count: 1 }];
    const costs = granuleCosts(space, model, { granules: share, units, deviceNodes: [] });
    return over.map((id) => read(costs, valueOf(nodePosition, id))).toSorted((a, b) => a - b);
  });
  const cheapest = Math.min(...cheapestOf.map((costs) => at(costs, 0)));
  const left = ((space.granules % cells) * cheapest) / cells;
  return Float64Array.from(cheapestOf, (costs) => {
    const round = sum(costs);
    const perGranule = [share, share + 1].map((granules) => {
      const rest = sum(costs.slice(0, granules % over.length));
      return (Math.floor(granules / over.length) * round + rest) / granules;
    });
    return share * Math.min(...perGranule) + left;
  });
}

/** The nodes over which memory is interleaved: all with both CPUs and memory. */
export function interleaveNodes(space: Space): readonly number[] {
  return space.topology.nodes
    .filter((node) => node.cpus !== "" && node.memoryBytes !== null && node.memoryBytes > 0)
    .map((node) => node.id);
}

function withMemory(
  space: Space,
  model: CostModel,
  { deviceNodes }: CellShares,
  cores: readonly (readonly OnNode[])[],
  granules: readonly number[],
  over: readonly number[],
): readonly CellSupply[] | null {
  const { nodePosition } = space.inventory;
  const isOver = vectorOf(space.nodes.length);
  for (const id of over) isOver[valueOf(nodePosition, id)] = 1;
  const rounds = granules.map((own) => Math.floor(own / over.length));
  const inRounds = sum(rounds);
  const left = space.nodes.map((node, i) =>
    read(isOver, i) === 0 ? 0 : knownGranules(node) - inRounds,
  );
  if (left.some((room) => room < 0)) return null;
  const cells = granules.map((own, cell): CellWithoutMemory => ({
    granules: own,
    units: at(cores, cell),
    deviceNodes: at(deviceNodes, cell),
  }));
  const rest = transport(
    granules.map((own) => own % over.length),
    left,
    cells.map((cell) => granuleCosts(space, model, cell)),
    1,
  );
  if (rest === null) return null;
  return rest.flow.map((counts, cell) => {
    const all = counts.slice();
    for (const i of all.keys()) add(all, i, read(isOver, i) * at(rounds, cell));
    return { units: at(cores, cell), granules: onNodes(space, all) };
  });
}
