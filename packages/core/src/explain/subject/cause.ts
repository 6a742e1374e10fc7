import type { Remedy } from "../../remedy/remedy.ts";
import type { FindingCost, Layer } from "../../verify/verdict/verdict.ts";
import type { Subject } from "./subject.ts";

/**
 * A cause of slowness: what it looks for, what it rests on, and the judgement itself. Each is one
 * file in `cause/`, listed in `causes.ts` and in docs/causes.md.
 *
 * A cause rests on **one observable**. With the observable the other way round the same evidence is
 * acquitted; a test holds every cause to that. What the observable does not show is unknown, never
 * innocent.
 */
export interface Cause {
  /** Stable, as in docs/causes.md. */
  readonly code: string;
  readonly layer: Layer;
  /** What is wrong where it is found, as a sentence. */
  readonly looksFor: string;
  /** The field of Evidence that it rests on, and where that is read. */
  readonly observable: string;
  readonly readFrom: string;
  /** What would acquit. */
  readonly acquittedBy: string;
  /** The causes that bring it about: where one of them is found, this one is told as its effect. */
  readonly followsFrom: readonly string[];
  /**
   * Judges one subject. A cause that is a difference and no fault, as another kernel, needs the
   * twin; without a twin it is irrelevant.
   */
  readonly judge: (subject: Subject, twin: Subject | null) => Judgement;
}

/** What a cause says of a subject. */
export type Judgement =
  | { readonly kind: "accused"; readonly accusations: readonly Accusation[] }
  | { readonly kind: "acquitted"; readonly found: string }
  /** The observable was not read; `why` says which input would tell. */
  | { readonly kind: "unknown"; readonly why: string }
  /** The subject has nothing that the cause is about. */
  | { readonly kind: "irrelevant" };

/** One thing that a cause finds. */
export interface Accusation {
  /** What it is about: `memory`, `vCPU 3`, `0000:1b:00.0`. */
  readonly about: string;
  readonly expected: string;
  readonly found: string;
  /** The kernel's or a tool's own words, or where they are. */
  readonly evidence: readonly string[];
  /** Whether the evidence shows the cost itself at work, or only that it may arise. */
  readonly seen: "directly" | "inferred";
  readonly cost: FindingCost;
  readonly remedy: Remedy;
}

export const irrelevant: Judgement = { kind: "irrelevant" };

export function accused(...accusations: readonly Accusation[]): Judgement {
  return { kind: "accused", accusations };
}

export function acquitted(found: string): Judgement {
  return { kind: "acquitted", found };
}

/** @param why what was not read, and which input would tell. */
export function untold(why: string): Judgement {
  return { kind: "unknown", why };
}
