import type { CostModel } from "../../cost/placement-cost.ts";
import type { Space } from "../space/space.ts";
import type { SuppliedCells } from "./cells.ts";
import type { CellDemand, CellSupply } from "./fit.ts";
import type { Rules } from "./rules.ts";
import { proportionalSplit } from "./split.ts";
import type { SpreadOption } from "./spread-option.ts";

/** What the cells of a spread are given: the same whichever set of accelerators lies on it. */
export interface SpreadSupply extends SuppliedCells {
  /** What paths to memory add to the cost. */
  readonly memoryCost: number;
}

/** Null where what the cells need is not to be had. */
export function supplyOf(
  space: Space,
  model: CostModel,
  rules: Rules,
  option: SpreadOption,
): SpreadSupply | null {
  const demands = demandsOf(space, option);
  const supplies = rules.fit(demands);
  if (supplies === null) return null;
  return { demands, supplies, memoryCost: memoryCost(demands, supplies, space, model) };
}

/** A cell's share of cores and memory is its share of the accelerators. */
function demandsOf(space: Space, { homes, accelerators, strangers }: SpreadOption): CellDemand[] {
  const units = proportionalSplit(space.units, accelerators);
  const granules = proportionalSplit(space.granules, accelerators);
  return homes.map((node, i) => {
    const all = accelerators[i] ?? 0;
    const own = i === 0 ? all - strangers : all;
    const deviceNodes: (number | null)[] = [];
    for (let k = 0; k < all; k++) deviceNodes.push(k < own ? node : null);
    return { node, units: units[i] ?? 0, granules: granules[i] ?? 0, deviceNodes };
  });
}

/** As `cost/placement-cost.ts` has it, by amounts instead of shares. */
function memoryCost(
  demands: readonly CellDemand[],
  supplies: readonly CellSupply[],
  { request, inventory, granules }: Space,
  { weights, memoryPath }: CostModel,
): number {
  const paths = inventory.relations.memoryPaths();
  const path = (from: number | null, to: number): number => {
    const row = from === null ? undefined : paths[inventory.nodePosition.get(from) ?? -1];
    return row?.[inventory.nodePosition.get(to) ?? -1] ?? memoryPath(from, to);
  };
  let cost = 0;
  for (const [i, { units, deviceNodes, granules: own }] of demands.entries()) {
    for (const memory of supplies[i]?.granules ?? []) {
      for (const cpus of supplies[i]?.units ?? []) {
        const share = (memory.count / granules) * (cpus.count / units);
        cost += weights.memory * share * path(cpus.node, memory.node);
      }
      for (const node of deviceNodes) {
        const share = memory.count / own / request.accelerators.count;
        cost += weights.hostToDevice * share * path(node, memory.node);
      }
    }
  }
  return cost;
}
