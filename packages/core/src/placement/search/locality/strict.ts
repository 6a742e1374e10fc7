import { at } from "../../../unit/list.ts";
import { hasEnough, knownGranules, nodeOf, type Space } from "../../space/space.ts";
import {
  type CellShares,
  type CellSupply,
  type LocalityPolicy,
  splitOver,
} from "./locality-policy.ts";
import { sharesOf } from "./split.ts";

/**
 * Locality `strict`: cores and memory come from the cell's own node, where every path to memory
 * costs 1.
 */
export function strictPolicy(space: Space): LocalityPolicy {
  const enough = hasEnough(space);
  return {
    isPossible: () => enough,
    coresOnOwnNode: true,
    memoryOnOwnNode: true,
    nicsOnCellNodes: true,
    isCostFixed: true,
    work: 10,
    leastMemory: () => null,
    cellSupplies: (cells) => ownNodeSupplies(space, cells),
  };
}

function* ownNodeSupplies(space: Space, cells: CellShares): Generator<readonly CellSupply[]> {
  const nodes = cells.cellNodes.map((cellNode) => nodeOf(space, cellNode));
  const ofUnits = splitOver(
    space.units,
    cells,
    nodes.map((node) => node.units),
  );
  const ofGranules = splitOver(space.granules, cells, nodes.map(knownGranules));
  if (ofUnits === null || ofGranules === null) return;
  for (const units of sharesOf(ofUnits)) {
    for (const granules of sharesOf(ofGranules)) {
      yield cells.cellNodes.map((node, cell) => ({
        units: [{ node, count: at(units, cell) }],
        granules: [{ node, count: at(granules, cell) }],
      }));
    }
  }
}
