import type { CostModel } from "../../cost/placement-cost.ts";
import type { Device } from "../inventory/devices.ts";
import type { Space } from "../space/space.ts";
import { type CellDemand, type CellSupply, proportionalDemands } from "./fit.ts";
import type { LayoutCell } from "./layout.ts";
import type { Rules } from "./rules.ts";
import type { SpreadOption } from "./spread-option.ts";

/** What the cells of a spread are given: the same whichever set of accelerators lies on it. */
export interface SpreadSupply {
  readonly demands: readonly CellDemand[];
  readonly supplies: readonly CellSupply[];
  /** What paths to memory add to the cost. */
  readonly memoryCost: number;
}

/** Null where a cell would be left without cores or memory, or they are not to be had. */
export function supplyOf(
  space: Space,
  model: CostModel,
  rules: Rules,
  option: SpreadOption,
): SpreadSupply | null {
  const demands = demandsOf(space, option);
  const supplies = demands === null ? null : rules.fit(demands);
  if (demands === null || supplies === null) return null;
  return { demands, supplies, memoryCost: memoryCost(demands, supplies, space, model) };
}

function demandsOf(
  space: Space,
  { homes, accelerators, strangers }: SpreadOption,
): readonly CellDemand[] | null {
  const nodes = homes.map((home, i) => {
    const all = accelerators[i] ?? 0;
    const own = i === 0 ? all - strangers : all;
    return Array.from({ length: all }, (_, k) => (k < own ? home : null));
  });
  return proportionalDemands(space, homes, nodes);
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

/** Devices of unknown node, and NICs of other nodes, belong to the first cell. */
export function cellsOf(
  { demands, supplies }: SpreadSupply,
  accelerators: readonly Device[],
  nics: readonly Device[],
): readonly LayoutCell[] {
  const homes = demands.map(({ node }) => node);
  return homes.map((home, i) => ({
    node: home,
    units: supplies[i]?.units ?? [],
    granules: supplies[i]?.granules ?? [],
    accelerators: accelerators.filter(({ node }) => node === home || (node === null && i === 0)),
    nics: nics.filter(({ node }) => node === home || (i === 0 && !homes.includes(node ?? -1))),
  }));
}
