import type { HostState } from "../../plan/host-state.ts";
import type { Inventory } from "../inventory/inventory.ts";
import { emptyOccupancy, occupied, type Occupancy } from "./occupancy.ts";
import { usesOfHoldings } from "./uses-of-holdings.ts";
import { useOfPlan } from "./use-of-plan.ts";

type Vms = Required<Pick<HostState, "taken" | "held">>;

/** The last answer for each inventory, with the VMs that it is for. */
const answers = new WeakMap<Inventory, Vms & { readonly occupancy: Occupancy }>();

/**
 * The occupancy of a host: the plans on it, running or about to run, and what running VMs hold
 * beside them. A refusal asks for that of one host once for each remedy that it tries, so the last
 * answer is kept: with thousands of VMs each takes seconds.
 */
export function occupancyOf(
  inventory: Inventory,
  { taken, held = [] }: Pick<HostState, "taken" | "held">,
): Occupancy {
  const last = answers.get(inventory);
  if (last !== undefined && isSame(last.taken, taken) && isSame(last.held, held)) {
    return last.occupancy;
  }
  const occupancy = occupancyWith(inventory, { taken, held });
  answers.set(inventory, { taken: [...taken], held: [...held], occupancy });
  return occupancy;
}

/** Callers may add VMs to an array that they have given before, so each member is compared. */
function isSame<T>(before: readonly T[], now: readonly T[]): boolean {
  return before.length === now.length && before.every((one, i) => one === now[i]);
}

function occupancyWith(inventory: Inventory, { taken, held }: Vms): Occupancy {
  const promised = taken.map((plan) => useOfPlan(inventory, plan));
  const uses = [...promised, ...usesOfHoldings(inventory, taken, held)];
  return uses.reduce(
    (occupancy, use) => occupied(inventory, occupancy, use),
    emptyOccupancy(inventory),
  );
}
