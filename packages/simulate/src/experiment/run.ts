import type { FlowMachine } from "@evenkeel/core/cost/flow/flow-machine.ts";
import { type CostBasis, weakerBasis } from "@evenkeel/core/cost/path-cost.ts";
import type { Placed } from "@evenkeel/core/cost/placement-cost.ts";
import { place } from "@evenkeel/core/fleet/place.ts";
import type { Plan } from "@evenkeel/core/plan/plan.ts";
import type { Random } from "@evenkeel/core/random/random.ts";
import type { HostPolicy } from "@evenkeel/core/request/host-policy.ts";
import type { Request } from "@evenkeel/core/request/request.ts";
import type { Topology } from "@evenkeel/core/topology/topology.ts";
import { at } from "@evenkeel/core/unit/list.ts";
import { randomFor, shuffled } from "../random.ts";
import { distributionOf } from "./distribution.ts";
import type { Experiment, Way, WayResult } from "./experiment.ts";
import { offeredTo } from "./offered.ts";
import { placeUnplanned, unplannedWays } from "./ways.ts";

/** What the experiment needs of a prediction: how VMs that run together slow each other. */
export interface Prediction {
  /** The slowdown of each VM against the best place on the empty machine, all of them busy. */
  readonly slowdowns: readonly number[];
  readonly basis: CostBasis;
}

export type Predict = (vms: readonly Placed[]) => Prediction;

/** How many VMs of a request a machine holds as Evenkeel places them, each with its plan. */
export function plannedTwins(
  topology: Topology,
  policy: HostPolicy,
  request: Request,
): readonly Plan[] {
  const plans: Plan[] = [];
  for (;;) {
    const name = `${request.name}-${plans.length + 1}`;
    const answer = place([{ topology, taken: plans, policy }], { ...request, name });
    if (answer.kind === "Refusal") return plans;
    plans.push(answer);
  }
}
