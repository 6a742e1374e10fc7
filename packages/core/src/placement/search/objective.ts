import type { CostModel } from "../../cost/placement-cost.ts";
import type { Space } from "../space/space.ts";
import { spreadOf } from "./distance.ts";
import { extraDevices } from "./extra.ts";
import type { LayoutCell, Objective } from "./layout.ts";
import { layoutCost } from "./layout-cost.ts";

/** What a finished layout is judged by; `uneven` is the caller's to say. */
export function objectiveOf(
  { inventory }: Space,
  model: CostModel,
  cells: readonly LayoutCell[],
  uneven = 0,
): Objective {
  return {
    cells: cells.length,
    cost: layoutCost(cells, model),
    extra: extraDevices(cells.flatMap((cell) => [...cell.accelerators, ...cell.nics])),
    uneven,
    spread: spreadOf(
      cells.map((cell) => cell.node),
      inventory.relations.distance,
    ),
  };
}
