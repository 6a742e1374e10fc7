import type { Finding, Unverified, Verdict } from "./verdict.ts";

/** One change between two verdicts about one VM. */
export type VerdictChange =
  | { readonly event: "holds" | "does-not-hold"; readonly takenAt: string }
  | {
      readonly event: "finding" | "finding-changed" | "finding-gone";
      readonly takenAt: string;
      readonly finding: Finding;
    }
  | {
      readonly event: "unverified" | "verified-again";
      readonly takenAt: string;
      readonly unverified: Unverified;
    };

/**
 * The changes from one verdict to the next; without an earlier one, everything is new: findings
 * that came, went or have other numbers, promises that can no longer be checked or can again, and
 * whether the plan holds. Two findings are the same when code and subject are.
 */
export function verdictChanges(before: Verdict | null, after: Verdict): VerdictChange[] {
  const { takenAt } = after;
  const earlier = new Map((before?.findings ?? []).map((finding) => [keyOf(finding), finding]));
  const later = new Set(after.findings.map(keyOf));
  const changes: VerdictChange[] = after.findings.flatMap((finding): VerdictChange[] => {
    const known = earlier.get(keyOf(finding));
    if (known === undefined) return [{ event: "finding", takenAt, finding }];
    const same = known.found === finding.found && known.severity === finding.severity;
    return same ? [] : [{ event: "finding-changed", takenAt, finding }];
  });
  for (const [key, finding] of earlier) {
    if (!later.has(key)) changes.push({ event: "finding-gone", takenAt, finding });
  }
  const wasChecked = (of: Verdict | null, what: string): boolean =>
    of !== null && !of.unverified.some((one) => one.what === what);
  for (const unverified of after.unverified) {
    if (before === null || wasChecked(before, unverified.what)) {
      changes.push({ event: "unverified", takenAt, unverified });
    }
  }
  for (const unverified of before?.unverified ?? []) {
    if (wasChecked(after, unverified.what))
      changes.push({ event: "verified-again", takenAt, unverified });
  }
  if (before?.holds !== after.holds) {
    changes.push({ event: after.holds ? "holds" : "does-not-hold", takenAt });
  }
  return changes;
}

const keyOf = ({ code, subject }: Finding): string => `${code} ${subject}`;
