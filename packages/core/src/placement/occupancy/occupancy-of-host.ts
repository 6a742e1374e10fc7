import type { HostState } from "../../plan/host-state.ts";
import type { Inventory } from "../inventory/inventory.ts";
import { emptyOccupancy, occupied, type Occupancy } from "./occupancy.ts";
import { usesOfHoldings } from "./uses-of-holdings.ts";
import { useOfPlan } from "./use-of-plan.ts";

/**
 * The occupancy of a host: the plans on it, running or about to run, and what running VMs hold
 * beside them.
 */
export function occupancyOf(
  inventory: Inventory,
  { taken, held = [] }: Pick<HostState, "taken" | "held">,
): Occupancy {
  const promised = taken.map((plan) => useOfPlan(inventory, plan));
  const uses = [...promised, ...usesOfHoldings(inventory, taken, held)];
  return uses.reduce(
    (occupancy, use) => occupied(inventory, occupancy, use),
    emptyOccupancy(inventory),
  );
}
