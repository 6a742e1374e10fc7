import type { Subject } from "../subject/subject.ts";

export const checkStates = ["in order", "not as asked", "not looked at", "not concerned"] as const;
/** How a check went; "not concerned" where the subject has nothing that it is about. */
export type CheckState = (typeof checkStates)[number];

/**
 * What a check says of a VM where no cause of slowness looks at it: its state, and what was found.
 * A check that could not look is "not looked at".
 */
export interface Looked {
  readonly state: CheckState;
  readonly found: string | null;
}

export type Look = (subject: Subject) => Looked;

export const notLookedAt: Looked = { state: "not looked at", found: null };
export const notConcerned: Looked = { state: "not concerned", found: null };

export function inOrder(found: string): Looked {
  return { state: "in order", found };
}

export function notAsAsked(found: string): Looked {
  return { state: "not as asked", found };
}
