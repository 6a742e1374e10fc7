import type { Outcome } from "./check.ts";
import { type Finding, severities, type Verdict } from "./verdict.ts";

/** The verdict that an outcome comes to: it holds when nothing essential is broken or untold. */
export function judged(
  about: Pick<Verdict, "vm" | "host" | "takenAt" | "scope">,
  { findings, verified, unverified }: Outcome,
): Verdict {
  const broken = findings.some(({ severity }) => severity === "error");
  const untold = unverified.some(({ essential }) => essential);
  return {
    apiVersion: "evenkeel/v1",
    kind: "Verdict",
    ...about,
    holds: !broken && !untold,
    findings: findings.toSorted(worseFirst),
    verified,
    unverified,
  };
}

function worseFirst(a: Finding, b: Finding): number {
  const rank = ({ severity }: Finding): number => severities.indexOf(severity);
  return rank(a) - rank(b) || knownSlowdown(b) - knownSlowdown(a);
}

/** What is not known to slow anything down comes after what is. */
function knownSlowdown({ cost }: Finding): number {
  return cost.slowdown === null ? 1 : cost.slowdown;
}
