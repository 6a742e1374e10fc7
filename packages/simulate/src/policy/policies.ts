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

/** What a rule's name ends in when it is that of a scheduler that knows of nodes. */
const AWARE = "+numa";

/** Every name that `policyNamed` knows. */
export const policyNames: readonly string[] = policies.flatMap(({ name, knowsNodes }) =>
  knowsNodes ? [name] : [name, `${name}${AWARE}`],
);

/**
 * The policy of that name, or null. With `+numa` behind it, a rule that knows no nodes is that of a
 * scheduler which does, and keeps every task within its signature: what the rule can do once
 * placement is strict.
 */
export function policyNamed(name: string): Policy | null {
  const exact = policies.find((policy) => policy.name === name);
  if (exact !== undefined) return exact;
  const rule = policies.find((policy) => !policy.knowsNodes && `${policy.name}${AWARE}` === name);
  return rule === undefined ? null : nodeAware(rule);
}

/** A rule as it is when every task is kept within its signature. */
export function nodeAware(policy: Policy): Policy {
  if (policy.knowsNodes) return policy;
  const { name, title } = policy;
  return { ...policy, name: `${name}${AWARE}`, title: `${title}, on nodes`, knowsNodes: true };
}
