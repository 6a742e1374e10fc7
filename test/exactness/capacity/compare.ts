import { slotCounter } from "@evenkeel/core/placement/capacity/capacity.ts";
import { soldSignatures } from "@evenkeel/core/placement/capacity/sold-signature.ts";
import type { HostState } from "@evenkeel/core/plan/host-state.ts";
import { inventoryOf } from "@evenkeel/core/placement/inventory/inventory.ts";
import { occupancyOf } from "@evenkeel/core/placement/occupancy/occupancy-of-host.ts";
import { place } from "@evenkeel/core/fleet/place.ts";
import type { Plan } from "@evenkeel/core/plan/plan.ts";
import { demandOf } from "@evenkeel/core/placement/host-class/demand.ts";
import {
  type HostClass,
  type HostClasses,
  hostClassCache,
} from "@evenkeel/core/placement/host-class/host-classes.ts";
import { bestPlans } from "@evenkeel/core/testing/placement/brute-force.ts";
import type { Request } from "@evenkeel/core/request/request.ts";
import type { Outcome } from "../compare.ts";
import { signaturesOn, mostEven, mostOf } from "./most.ts";

/** Compares the count of slots, in any signature or in one, with trying every sequence of plans. */
export function compareCount(host: HostState, request: Request, only: string | null): Outcome {
  const hostClasses = hostClassCache();
  const { slots, exact } = slotCounter(hostClasses)(
    hostClassOf(hostClasses, host),
    demandOf(request, only),
  );
  return exact ? judgeCount(host, request, only, slots) : { kind: "bounded", mismatch: null };
}

export function judgeCount(
  host: HostState,
  request: Request,
  only: string | null,
  slots: number,
): Outcome {
  const most = mostOf(host, request, only);
  const asked = only === null ? "any signature" : "one signature";
  const kind = `${asked}, ${most === null ? "unknown" : most > 1 ? "several" : most}`;
  const isRight = most === null || slots === most;
  return { kind, mismatch: isRight ? null : `other count: search ${slots}, brute force ${most}` };
}

/**
 * Compares the place that a VM gets, given the flavors that are sold, with all equally good places.
 */
export function compareLoss(host: HostState, vm: Request, flavors: readonly Request[]): Outcome {
  const sold = flavors.flatMap((flavor) => soldOn(host, flavor) ?? []);
  const plan = place([host], vm, { flavors });
  if (plan.kind === "Refusal") return { kind: "refused", mismatch: null };
  return judgeLoss(host, vm, sold, plan);
}

export interface Sold {
  readonly flavor: Request;
  /** The signature that it is sold in. */
  readonly own: string;
  /** How many of them an empty host takes; null where counting takes too long. */
  readonly most: number | null;
}

/** A flavor with its signature, one of the best on an empty host; null where it does not fit. */
export function soldOn(host: HostState, flavor: Request): Sold | null {
  const empty = { ...host, taken: [] };
  const hostClasses = hostClassCache();
  const own =
    soldSignatures(hostClasses)(hostClassOf(hostClasses, empty), demandOf(flavor))?.only ?? null;
  const best = bestPlans(empty, flavor).map(signaturesOn(host.topology));
  const isBest = own === null ? best.length === 0 : best.includes(own);
  if (!isBest) throw new Error(`${flavor.name} is sold in a signature that is not one of the best`);
  return own === null ? null : { flavor, own, most: mostOf(empty, flavor, own) };
}

/**
 * Checks that a plan leaves as much to sell as every plan with the best objective: for each flavor,
 * how many VMs of its own signature fit, as a share of what an empty host takes.
 */
export function judgeLoss(
  host: HostState,
  vm: Request,
  sold: readonly Sold[],
  plan: Plan,
): Outcome {
  const leftBy = (other: Plan): number | null =>
    sold.reduce<number | null>((sum, { flavor, own, most }) => {
      const now = mostOf({ ...host, taken: [...host.taken, other] }, flavor, own);
      return sum === null || now === null || most === null ? null : sum + now / most;
    }, 0);
  const mine = leftBy(plan);
  const left = mostEven(host, bestPlans(host, vm)).map(leftBy);
  const counts = left.filter((share) => share !== null);
  if (mine === null || counts.length < left.length) {
    return { kind: "loss, unknown", mismatch: null };
  }
  const [least, most] = [Math.min(...counts), Math.max(...counts)];
  return {
    kind: most - least > 1e-9 ? "loss, a choice" : "loss, no choice",
    mismatch: most - mine > 1e-9 ? `more is left: search ${mine}, brute force ${most}` : null,
  };
}

function hostClassOf(hostClasses: HostClasses, { topology, policy, taken }: HostState): HostClass {
  const inventory = inventoryOf(topology, policy);
  return hostClasses.of(inventory, occupancyOf(inventory, { taken }));
}
