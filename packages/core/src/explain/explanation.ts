import type { Finding } from "../verify/verdict/verdict.ts";

/**
 * Why one VM, process or container is slower than another: what differs between the two, what that
 * costs, and what was looked at without finding anything.
 */
export interface Explanation {
  readonly apiVersion: "evenkeel/v1";
  readonly kind: "Explanation";
  /** The names of the two. */
  readonly a: string;
  readonly b: string;
  /** Whether nothing that was found sets them apart. */
  readonly twins: boolean;
  /** What costs most first; what both have comes last. */
  readonly differences: readonly Difference[];
  /** How slow each is by what was priced, relative to the same thing without a fault. */
  readonly predicted: { readonly a: number; readonly b: number };
  /** The part of the gap between the two that the prices explain: 0.19 is 19 %. */
  readonly explained: number;
  /** The rest of the gap that was measured; null where nobody measured it. */
  readonly unexplained: number | null;
  /** What was looked at and is in order in both. */
  readonly checked: readonly Checked[];
  readonly unchecked: readonly Unchecked[];
}

export const sides = ["a", "b", "both"] as const;
/** In which of the two something is. */
export type Side = (typeof sides)[number];

/** One thing that a cause found. */
export interface Fault extends Omit<Finding, "code"> {
  /** The code of its cause (docs/causes.md). */
  readonly code: string;
  /** What is wrong, as a sentence of the cause. */
  readonly what: string;
  /** The causes that follow from it, which are not told again. */
  readonly leadsTo: readonly string[];
}

/** A fault that slows one of the two down, or both. */
export interface Difference extends Fault {
  readonly in: Side;
}

/** A cause that was looked for and not found. */
export interface Checked {
  readonly code: string;
  readonly found: string;
}

/** A cause that could not be looked for. */
export interface Unchecked {
  readonly code: string;
  readonly in: Side;
  readonly why: string;
}
