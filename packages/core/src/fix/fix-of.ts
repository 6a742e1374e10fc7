import { type LiveStep, liveSteps } from "./live-step.ts";
import { type Command, type Remedy, sharedRemedies } from "../remedy/remedy.ts";
import type { Fault } from "../explain/explanation.ts";

/** What can be mended while a subject runs, and what cannot. */
export interface FixOfFaults {
  readonly steps: readonly LiveStep[];
  readonly undo: readonly Command[];
  /** Remedies that are for people: of the whole machine, or that take a restart. */
  readonly left: readonly Remedy[];
}

/** Divides the remedies of faults. Several faults of one remedy are mended once. */
export function fixOf(faults: readonly Fault[]): FixOfFaults {
  const steps: LiveStep[] = [];
  const undo: Command[] = [];
  const left: Remedy[] = [];
  for (const { remedy } of sharedRemedies(faults)) {
    const own = liveSteps(remedy);
    if (own === null) left.push(remedy);
    else {
      steps.push(...own);
      undo.push(...(remedy.undo ?? []));
    }
  }
  return { steps, undo, left };
}
