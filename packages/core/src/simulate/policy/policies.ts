import { leastAllocated, mostAllocated } from "./allocated.ts";
import { bestFit } from "./best-fit.ts";
import { evenkeel } from "./evenkeel.ts";
import { firstFit } from "./first-fit.ts";
import { gradientDescent } from "./gradient-descent.ts";
import type { Policy } from "./policy.ts";
import { randomFit } from "./random-fit.ts";

/** Every policy that can be compared, Evenkeel's last. */
export const policies: readonly Policy[] = [
  randomFit,
  leastAllocated,
  mostAllocated,
  bestFit,
  firstFit,
  gradientDescent,
  evenkeel,
];

export const policyNames: readonly string[] = policies.map(({ name }) => name);

/**
 * The same rule for a scheduler that knows of nodes and keeps every task within its signature: what
 * the rule can do once placement is strict.
 */
export function nodeAware(policy: Policy): Policy {
  return { ...policy, knowsNodes: true };
}
