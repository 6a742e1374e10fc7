import type { SyntheticMachine } from "./machine.ts";
import { malformed, parseTerms } from "./term.ts";

/** A machine being built, with the text that says it, so that what is wrong can be pointed at. */
export interface Described {
  readonly machine: SyntheticMachine;
  readonly text: string;
}

/** The error for a statement that is well formed but impossible on this machine; points at its last term. */
export function impossible(
  { text }: Described,
  key: string,
  message: string,
  expected: string,
): Error {
  const term = parseTerms(text).findLast((candidate) => candidate.key === key);
  return malformed(text, term?.at ?? 0, message, { expected });
}
