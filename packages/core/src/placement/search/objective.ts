import type { CostModel } from "../../cost/placement-cost.ts";
import type { Space } from "../space/space.ts";
import { distances, spreadOf } from "./distance.ts";
import { extraDevices } from "./extra.ts";
import type { LayoutCell, Objective } from "./layout.ts";
import { layoutCost } from "./layout-cost.ts";

/** What a finished layout is judged by; `uneven` is the caller's to say. */
export function objectiveOf(
  space: Space,
  model: CostModel,
  cells: readonly LayoutCell[],
  uneven = 0,
): Objective {
  const chosen = cells.flatMap((cell) => [...cell.accelerators, ...cell.nics]);
  const nodes = cells.map((cell) => cell.node);
  return {
    cells: cells.length,
    cost: layoutCost(cells, model),
    extra: extraDevices(space.topology)(chosen),
    uneven,
    spread: spreadOf(nodes, distances(space.topology)),
  };
}
