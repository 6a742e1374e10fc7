import type { MemoryPaths } from "../../cost/memory-path.ts";
import type { Evidence } from "../../evidence/evidence.ts";
import type { Plan } from "../../plan/plan.ts";
import type { Finding, FindingCost, Unverified, Verified } from "./verdict.ts";

/** What a check compares: the plan and the evidence. */
export interface CheckInput {
  readonly plan: Plan;
  readonly evidence: Evidence;
  /** What memory costs between nodes of this host; null where its topology is not at hand. */
  readonly paths: MemoryPaths | null;
}

/**
 * The result of a check. Every promise ends in exactly one of the three lists. A promise that
 * could not be checked is `essential` if its breach would be an error, so less evidence never makes
 * a verdict hold (docs/decisions/0010-what-a-verdict-needs.md).
 */
export interface Outcome {
  readonly findings: readonly Finding[];
  readonly verified: readonly Verified[];
  readonly unverified: readonly Unverified[];
}

export type Check = (input: CheckInput) => Outcome;

const nothing: Outcome = { findings: [], verified: [], unverified: [] };

export function found(...findings: readonly Finding[]): Outcome {
  return { ...nothing, findings };
}

export function holds(what: string, text: string): Outcome {
  return { ...nothing, verified: [{ what, found: text }] };
}

/** A promise that nobody could check, and whose breach would be an error. */
export function essentialUnverified(what: string, why: string): Outcome {
  return { ...nothing, unverified: [{ what, why, essential: true }] };
}

/** A promise that nobody could check, and whose breach would be a warning at most. */
export function minorUnverified(what: string, why: string): Outcome {
  return { ...nothing, unverified: [{ what, why, essential: false }] };
}

export function together(outcomes: readonly Outcome[]): Outcome {
  return {
    findings: outcomes.flatMap(({ findings }) => findings),
    verified: outcomes.flatMap(({ verified }) => verified),
    unverified: outcomes.flatMap(({ unverified }) => unverified),
  };
}

/** Why something is not in the evidence, in the reader's words. */
export function whyNot({ unreadable }: Evidence, what: string): string {
  return unreadable.find((one) => one.what === what)?.why ?? "it was not read";
}

export const unknownCost: FindingCost = { slowdown: null, basis: "unknown" };

export function percent(part: number, whole: number): string {
  return `${((part / whole) * 100).toFixed(1)} %`;
}
