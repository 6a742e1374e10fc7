import type { Evidence } from "../../../src/evidence/evidence.ts";

/**
 * Evidence with one observable reversed: the cause that rests on it is found, and was not before.
 */
export interface Alteration {
  /** The code of the cause. */
  readonly code: string;
  /** What was altered, in a few words. */
  readonly what: string;
  /** Changes the evidence of `cleanVm(0)`. */
  readonly alter: (evidence: Evidence) => Evidence;
  /** Changes the twin's, `cleanVm(1)`, where the cause lies in how the two differ. */
  readonly alterTwin?: (twin: Evidence) => Evidence;
}
