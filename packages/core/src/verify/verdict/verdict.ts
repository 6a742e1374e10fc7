import type { CostBasis } from "../../cost/path-cost.ts";
import type { Remedy } from "../../remedy/remedy.ts";
import type { FindingCode } from "./finding-codes.ts";

/**
 * A plan, or the binding of a command, compared with evidence: what does not hold, what does, and
 * what could not be checked.
 */
export interface Verdict {
  readonly apiVersion: "evenkeel/v1";
  readonly kind: "Verdict";
  /** The VM; of a command that `exec` has bound its process, `process-4711`. */
  readonly vm: string;
  readonly host: string;
  readonly takenAt: string;
  readonly scope: Scope;
  /** No error among the findings, and nothing essential among what is unverified. */
  readonly holds: boolean;
  /** What costs or breaks most first. */
  readonly findings: readonly Finding[];
  readonly verified: readonly Verified[];
  readonly unverified: readonly Unverified[];
}

/** What a verdict on a VM covers: the host's part alone, or also what the guest sees. */
export const vmScopes = ["host", "guest"] as const;
/** The same, and the processes of a command that was bound. */
export const scopes = [...vmScopes, "process"] as const;
/** What a verdict is about. */
export type Scope = (typeof scopes)[number];

export const severities = ["error", "warning", "info"] as const;
/** How serious a finding is. */
export type Severity = (typeof severities)[number];

export const layers = ["host", "fabric", "device", "hypervisor", "guest", "process"] as const;
/** Where in the stack the cause lies. */
export type Layer = (typeof layers)[number];

/** One thing that is otherwise than promised. */
export interface Finding {
  readonly code: FindingCode;
  readonly severity: Severity;
  readonly layer: Layer;
  /** What it is about: `cell 0`, `vCPU 3`, `0000:1b:00.0`. */
  readonly subject: string;
  readonly promised: string;
  readonly found: string;
  /** The kernel's, QEMU's or libvirt's own words, or where they are. */
  readonly evidence: readonly string[];
  readonly cost: FindingCost;
  /** Findings that have one cause have one remedy: all its fields are the same. */
  readonly remedy: Remedy;
}

/** How much slower it makes the VM; null where that is unknown. */
export interface FindingCost {
  readonly slowdown: number | null;
  readonly basis: CostBasis;
}

/** One promise that is kept. */
export interface Verified {
  readonly what: string;
  readonly found: string;
}

/** One promise that could not be checked. */
export interface Unverified {
  readonly what: string;
  readonly why: string;
  /** Whether a breach of it would be an error: then the plan cannot hold without it. */
  readonly essential: boolean;
}
