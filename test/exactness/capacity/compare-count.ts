import { boundedCapacities } from "@evenkeel/core/placement/capacity/capacity.ts";
import { ownGrades } from "@evenkeel/core/placement/capacity/own-grade.ts";
import type { HostState } from "@evenkeel/core/placement/host-state.ts";
import { inventoryOf } from "@evenkeel/core/placement/inventory/inventory.ts";
import { occupancyOf } from "@evenkeel/core/placement/occupancy/plan-use.ts";
import { place } from "@evenkeel/core/placement/place.ts";
import type { Plan } from "@evenkeel/core/placement/plan.ts";
import { needsNodeOrder } from "@evenkeel/core/placement/search/node-order.ts";
import { settledTopology } from "@evenkeel/core/placement/settled.ts";
import { demandOf } from "@evenkeel/core/placement/state/demand.ts";
import { stateBook } from "@evenkeel/core/placement/state/states.ts";
import type { Request } from "@evenkeel/core/request/request.ts";
import type { Outcome } from "../compare.ts";
import type { LinearProgram } from "../linear-program.ts";
import { packed } from "./packing.ts";
import { placesLike } from "./places.ts";
import { isGathered, shapeOf } from "./shapes.ts";
import { packingFault } from "./witness.ts";

/** So many VMs of a packing are shown to the plan checker, which takes longer the more there are. */
const shownMax = 24;

/** Of which class VMs are counted: of the flavor's own grade, or of what its next VM would get. */
export type Counted = "own" | "next";

/**
 * Counts how many more VMs of a class fit on a host, as the product counts them and as an integer
 * program packs them. What the program packs is shown to the plan checker too.
 */
export function compareCount(
  newProgram: () => LinearProgram,
  given: HostState,
  flavor: Request,
  counted: Counted,
): Outcome {
  const host = { ...given, topology: settledTopology(given) };
  const first = place([counted === "own" ? { ...host, taken: [] } : host], flavor);
  if (first.kind === "Refusal") return { kind: "refused", mismatch: null };
  const inventory = inventoryOf(host.topology, host.policy);
  const states = stateBook(needsNodeOrder(inventory, flavor));
  const state = states.of(inventory, occupancyOf(inventory, host.taken));
  const own = ownGrades(states)(state, demandOf(flavor));
  if (counted === "own" && own?.only !== first.signature) {
    return {
      kind: "own",
      mismatch: `other grade: ${own?.only} counted, ${first.signature} placed`,
    };
  }
  const places = placesLike(host, flavor, first);
  if (places === null) return { kind: "untold", mismatch: null };
  const demand = demandOf(flavor, first.signature);
  const { slots, exact } = boundedCapacities(states)(state, demand);
  const { most, vms } = packed(newProgram(), host, flavor, places);
  const fault = packingFault(host, flavor, vms.slice(0, shownMax), first.signature);
  const both = `search ${slots}${exact ? "" : " at least"}, program ${most}`;
  // Where the lowest cell cannot have what is left over another has it: places in another order.
  const isEven = flavor.accelerators.count > 0 || sizesOf(first).size === 1;
  const isCounted = exact && isGathered(host.topology, shapeOf(host.topology, first) ?? new Map());
  const kind = `${counted}${exact ? (isCounted ? "" : " scattered") : " bounded"}`;
  if (fault !== null) return { kind, mismatch: `no legal packing, ${fault}: ${both}` };
  if (slots > most && !isEven) {
    const inAnyOrder = placesLike(host, flavor, first, "any order") ?? [];
    const mostOfAny = packed(newProgram(), host, flavor, inAnyOrder).most;
    const isMore = slots > mostOfAny;
    const mismatch = isMore ? `more than can be packed in any order: ${both}, ${mostOfAny}` : null;
    return { kind: `${kind}, more`, mismatch };
  }
  if (slots > most) return { kind, mismatch: `more than can be packed: ${both}` };
  if (slots < most && isCounted) return { kind, mismatch: `fewer than can be packed: ${both}` };
  const few = most === 0 ? "none" : most === 1 ? "one" : "several";
  return { kind: slots < most ? `${kind}, fewer` : `${kind} ${few}`, mismatch: null };
}

/** The sizes that cells have. */
function sizesOf({ cells }: Plan): ReadonlySet<string> {
  return new Set(cells.map(({ vcpus, memoryBytes }) => `${vcpus.length} ${memoryBytes}`));
}
