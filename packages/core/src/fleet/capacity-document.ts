import { capacityReport, type CapacityReport } from "../placement/capacity/report.ts";
import type { HostState } from "../plan/host-state.ts";
import type { Request } from "../request/request.ts";
import { rebalance, type Rebalancing } from "./rebalance.ts";

/** What hosts can still sell, and the moves that would let them sell more. */
export interface Capacity extends CapacityReport {
  readonly apiVersion: "evenkeel/v1";
  readonly kind: "Capacity";
  /** For each request for more slots, the fewest moves that give them. */
  readonly restore: readonly Rebalancing[];
}

/** A request for more slots of a flavor. */
export interface CapacityRequest {
  readonly flavor: Request;
  readonly slots: number;
}

/** How many more VMs of each flavor fit, and the fewest moves that make room for those wanted. */
export function fleetCapacity(
  hosts: readonly HostState[],
  flavors: readonly Request[],
  wanted: readonly CapacityRequest[],
): Capacity {
  return {
    apiVersion: "evenkeel/v1",
    kind: "Capacity",
    ...capacityReport(hosts, flavors),
    restore: wanted.map(({ flavor, slots }) => rebalance(hosts, flavor, slots)),
  };
}
