import type { ProcessRecord } from "../instance/instance.ts";
import type { Command } from "../remedy/remedy.ts";

/**
 * What `doctor --fix` changed and how to take it back. It is on disk before the first change, so
 * that a command that was cut off can be undone.
 */
export interface FixRecord {
  readonly apiVersion: "evenkeel/v1";
  readonly kind: "FixRecord";
  readonly takenAt: string;
  /** The processes that were changed: nothing is undone on another that has their number now. */
  readonly targets: readonly ProcessRecord[];
  /** In the order of the changes; undoing goes from the last to the first. */
  readonly undo: readonly Command[];
}
