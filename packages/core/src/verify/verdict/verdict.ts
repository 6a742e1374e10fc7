import type { CostBasis } from "../../cost/path-cost.ts";
import type { FindingCode } from "./finding-codes.ts";

/** A plan and the evidence side by side: what does not hold, what does, and what nobody could tell. */
export interface Verdict {
  readonly apiVersion: "evenkeel/v1";
  readonly kind: "Verdict";
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

/** What a verdict is about: what the host does for the VM, or also what the guest sees of it. */
export const scopes = ["host", "guest"] as const;
export type Scope = (typeof scopes)[number];

export const severities = ["error", "warning", "info"] as const;
export type Severity = (typeof severities)[number];

export const layers = ["host", "fabric", "hypervisor", "guest", "process"] as const;
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
  /** A command that sets it right, or what to do where no command does. */
  readonly remedy: string;
}

/** What it makes the VM slower by; null where nothing tells. */
export interface FindingCost {
  readonly slowdown: number | null;
  readonly basis: CostBasis;
}

/** One promise that was seen to be kept. */
export interface Verified {
  readonly what: string;
  readonly found: string;
}

/** One promise of which nobody can tell whether it is kept. */
export interface Unverified {
  readonly what: string;
  readonly why: string;
  /** Whether the VM could be elsewhere than planned without this being seen. */
  readonly essential: boolean;
}
