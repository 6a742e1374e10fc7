import type { SubjectKind } from "../evidence/evidence.ts";
import type { Checked, Fault, Unchecked } from "./explanation.ts";

/** What is wrong with a machine and with what runs on it, without a plan and without a twin. */
export interface Diagnosis {
  readonly apiVersion: "evenkeel/v1";
  readonly kind: "Diagnosis";
  readonly host: string;
  /** The machine itself first, where it was asked about. */
  readonly subjects: readonly Diagnosed[];
}

/** What all causes say of one subject. */
export interface Diagnosed {
  readonly name: string;
  readonly of: SubjectKind;
  readonly takenAt: string;
  /** What costs most first. */
  readonly faults: readonly Fault[];
  readonly checked: readonly Checked[];
  readonly unchecked: readonly Omit<Unchecked, "in">[];
}
