import type { MergeFinding } from "@evenkeel/core/topology/merge/finding.ts";
import type { PlanFile } from "../../input/read-documents.ts";
import type { ReadMachine } from "../../input/read-hosts.ts";

/** The machine that the flags name. */
export interface Subject {
  /** How the user named it. */
  readonly sources: readonly string[];
  readonly machine: ReadMachine;
  /** Where its sources disagree. */
  readonly findings: readonly MergeFinding[];
  /** The plans that its fleet has of it. */
  readonly plans: readonly PlanFile[];
}
