import { EvenkeelError } from "@evenkeel/core/error/evenkeel-error.ts";
import type { Plan } from "@evenkeel/core/plan/plan.ts";
import { planContradictions } from "@evenkeel/core/plan/check/plan-consistency.ts";

/**
 * Returns the plan if it does not contradict itself. Every plan that is read is checked, because
 * somebody may have edited it. Errors: `plan-inconsistent`.
 */
export function checkedPlan(plan: Plan, where: string): Plan {
  const [first, ...others] = planContradictions(plan);
  if (first === undefined) return plan;
  const more = others.length > 0 ? ` (and ${others.length} more like it)` : "";
  throw new EvenkeelError("plan-inconsistent", `${first.path}: ${first.message}${more}`, {
    where,
    expected: "a plan whose parts agree with one another",
    remedy: "place the VM again instead of editing its plan",
  });
}
