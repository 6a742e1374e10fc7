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

/** The ending of a policy's name in its variant that knows NUMA nodes. */
const AWARE = "+numa";

/** Every name that `policyNamed` accepts. */
export const policyNames: readonly string[] = policies.flatMap(({ name, knowsNodes }) =>
  knowsNodes ? [name] : [name, `${name}${AWARE}`],
);

/**
 * The policy of that name, or null. The ending `+numa` chooses the variant of a policy that keeps
 * every task on the nodes of its signature: what the same rule can do when placement is strict.
 */
export function policyNamed(name: string): Policy | null {
  const exact = policies.find((policy) => policy.name === name);
  if (exact !== undefined) return exact;
  const rule = policies.find((policy) => !policy.knowsNodes && `${policy.name}${AWARE}` === name);
  return rule === undefined ? null : nodeAware(rule);
}

/** The variant of a policy that keeps every task on the nodes of its signature. */
export function nodeAware(policy: Policy): Policy {
  if (policy.knowsNodes) return policy;
  const { name, title } = policy;
  return { ...policy, name: `${name}${AWARE}`, title: `${title}, on nodes`, knowsNodes: true };
}
