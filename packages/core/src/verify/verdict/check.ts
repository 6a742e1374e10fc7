import type { MemoryPaths } from "../../cost/memory-path.ts";
import type { Evidence } from "../../evidence/evidence.ts";
import type { Plan } from "../../plan/plan.ts";
import type { Finding, FindingCost, Unverified, Verified } from "./verdict.ts";

/** What a check holds side by side. */
export interface Sides {
  readonly plan: Plan;
  readonly evidence: Evidence;
  /** What memory costs between nodes of this host; null where its topology is not at hand. */
  readonly paths: MemoryPaths | null;
}

/**
 * What a check comes to. Every promise that it looks at ends in exactly one of the three: a check
 * that can end in an error says `essential` of the same promise where the evidence is missing, which
 * is why less evidence never turns a verdict into one that holds
 * (docs/decisions/0010-what-a-verdict-needs.md).
 */
export interface Outcome {
  readonly findings: readonly Finding[];
  readonly verified: readonly Verified[];
  readonly unverified: readonly Unverified[];
}

export type Check = (sides: Sides) => Outcome;

const nothing: Outcome = { findings: [], verified: [], unverified: [] };

export function found(...findings: readonly Finding[]): Outcome {
  return { ...nothing, findings };
}

export function holds(what: string, text: string): Outcome {
  return { ...nothing, verified: [{ what, found: text }] };
}

/** Of a promise that an error could have been found of. */
export function untold(what: string, why: string): Outcome {
  return { ...nothing, unverified: [{ what, why, essential: true }] };
}

/** Of a promise whose breach would be a warning at most. */
export function unseen(what: string, why: string): Outcome {
  return { ...nothing, unverified: [{ what, why, essential: false }] };
}

export function together(outcomes: readonly Outcome[]): Outcome {
  return {
    findings: outcomes.flatMap(({ findings }) => findings),
    verified: outcomes.flatMap(({ verified }) => verified),
    unverified: outcomes.flatMap(({ unverified }) => unverified),
  };
}

/** Why something is not in the evidence, as whoever read it said. */
export function whyNot({ unreadable }: Evidence, what: string): string {
  return unreadable.find((one) => one.what === what)?.why ?? "it was not read";
}

export const unknownCost: FindingCost = { slowdown: null, basis: "unknown" };

export function percent(part: number, whole: number): string {
  return `${((part / whole) * 100).toFixed(1)} %`;
}
