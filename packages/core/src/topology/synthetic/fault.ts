import type { SyntheticMachine } from "./machine.ts";
import { formatList, parseList } from "../../set/list-format.ts";
import { malformed, parseTerms, type Term } from "./term.ts";

/** A machine to build, with its text, so that an error can point into the text. */
export interface Described {
  readonly machine: SyntheticMachine;
  readonly text: string;
}

/**
 * The error for a statement that is well-formed but impossible on this machine. It points at the
 * statement's term: the term about these nodes if they are given, otherwise the last.
 */
export function impossible(
  { text }: Described,
  key: string,
  message: string,
  expected: string,
  nodes: string | null = null,
): Error {
  const about = (term: Term): boolean => {
    if (term.key !== key) return false;
    const named = term.nodes === null ? null : parseList(term.nodes.text);
    return nodes === null || (named !== null && formatList(named) === nodes);
  };
  const term = parseTerms(text).findLast(about);
  // If no term has this key, the error points at the start of the text.
  return malformed(text, term === undefined ? 0 : term.at, message, { expected });
}
