import type { Outcome } from "./check.ts";
import { type Finding, severities, type Verdict } from "./verdict.ts";

/** The verdict on an outcome: it holds when no error was found and nothing essential is missing. */
export function judged(
  about: Pick<Verdict, "vm" | "host" | "takenAt" | "scope">,
  { findings, verified, unverified }: Outcome,
): Verdict {
  const broken = findings.some(({ severity }) => severity === "error");
  const incomplete = unverified.some(({ essential }) => essential);
  return {
    apiVersion: "evenkeel/v1",
    kind: "Verdict",
    ...about,
    holds: !broken && !incomplete,
    findings: findings.toSorted(worseFirst),
    verified,
    unverified,
  };
}

function worseFirst(a: Finding, b: Finding): number {
  const rank = ({ severity }: Finding): number => severities.indexOf(severity);
  return rank(a) - rank(b) || knownSlowdown(b) - knownSlowdown(a);
}

/** Findings with an unknown cost come last. */
function knownSlowdown({ cost }: Finding): number {
  return cost.slowdown === null ? 1 : cost.slowdown;
}
