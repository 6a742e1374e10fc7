import type { SubjectKind } from "../evidence/evidence.ts";
import type { CheckState } from "./look/look.ts";
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
  /** What vendors' guides ask of a VM's host (`checks.ts`); empty for anything but a VM. */
  readonly checks: readonly CheckResult[];
}

/** One thing that the guides ask, and what was found. */
export interface CheckResult {
  /** `P8`, as in docs/checks.md. */
  readonly id: string;
  readonly asks: string;
  readonly state: CheckState;
  /** What looks at it says; null where nothing looked. */
  readonly found: string | null;
  /** How to look at what no cause sees. */
  readonly otherwise: string | null;
}
