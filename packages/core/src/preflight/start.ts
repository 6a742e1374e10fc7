import type { Guest } from "../guest/guest.ts";
import type { HypervisorName } from "../instance/instance.ts";
import type { PlanFault } from "../plan/check/plan-facts.ts";
import type { Plan } from "../plan/plan.ts";
import type { IndexSet } from "../set/index-set.ts";
import type { HostFacts } from "./facts.ts";
import type { PreflightProblem } from "./problem.ts";

/** What is about to be started. */
export interface Start {
  readonly plan: Plan;
  readonly guest: Guest;
  readonly via: HypervisorName;
  readonly emulated: boolean;
  /** Whether it may start although nobody can read what some VM on the host holds. */
  readonly acceptsUnknown: boolean;
  /** All CPUs of the cores that plans have: this one, and those of VMs that run or are off. */
  readonly promised: IndexSet;
  /** What the plan's checker finds on this machine; see `planFaults`. */
  readonly faults: readonly PlanFault[];
}

export type PreflightCheck = (start: Start, facts: HostFacts) => readonly PreflightProblem[];
