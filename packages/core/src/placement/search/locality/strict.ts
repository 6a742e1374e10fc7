import { at } from "../../../unit/list.ts";
import { hasEnough, knownGranules, nodeOf, type Space } from "../../space/space.ts";
import {
  type CellShares,
  type CellSupply,
  type LocalityPolicy,
  splitOver,
} from "./locality-policy.ts";
import { waysToSplit } from "./split.ts";

/** `strict`: a cell's cores and memory come from its own node, where every path to memory costs 1. */
export function ownNodes(space: Space): LocalityPolicy {
  const enough = hasEnough(space);
  return {
    isPossible: () => enough,
    coresAtHome: true,
    memoryAtHome: true,
    devicesAtHome: true,
    isCostFixed: true,
    work: 10,
    leastMemory: () => null,
    ways: (cells) => waysAtHome(space, cells),
  };
}

function* waysAtHome(space: Space, cells: CellShares): Generator<readonly CellSupply[]> {
  const nodes = cells.homes.map((home) => nodeOf(space, home));
  const ofUnits = splitOver(
    space.units,
    cells,
    nodes.map((node) => node.units),
  );
  const ofGranules = splitOver(space.granules, cells, nodes.map(knownGranules));
  if (ofUnits === null || ofGranules === null) return;
  for (const units of waysToSplit(ofUnits)) {
    for (const granules of waysToSplit(ofGranules)) {
      yield cells.homes.map((node, cell) => ({
        units: [{ node, count: at(units, cell) }],
        granules: [{ node, count: at(granules, cell) }],
      }));
    }
  }
}
