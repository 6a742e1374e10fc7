import type { CostModel } from "../../cost/placement-cost.ts";
import type { Space } from "../space/space.ts";
import { distances, spreadOf } from "./distance.ts";
import { extraDevices } from "./extra.ts";
import type { LayoutCell, Objective } from "./layout.ts";
import { layoutCost } from "./layout-cost.ts";

/** What a finished layout is judged by; `uneven` is the caller's to say. Looks the topology up once. */
export function objectives(
  { topology }: Space,
  model: CostModel,
): (cells: readonly LayoutCell[], uneven?: number) => Objective {
  const extra = extraDevices(topology);
  const distance = distances(topology);
  return (cells, uneven = 0) => ({
    cells: cells.length,
    cost: layoutCost(cells, model),
    extra: extra(cells.flatMap((cell) => [...cell.accelerators, ...cell.nics])),
    uneven,
    spread: spreadOf(
      cells.map((cell) => cell.node),
      distance,
    ),
  });
}
