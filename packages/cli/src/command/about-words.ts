import { EvenkeelError } from "@evenkeel/core/error/evenkeel-error.ts";

/** The errors that are about the words of a command line, and not about what they name. */
const marked = new WeakSet<EvenkeelError>();

/** Marks an error as one about the words of a command line, and returns it. */
export function aboutWords(error: EvenkeelError): EvenkeelError {
  marked.add(error);
  return error;
}

/** Whether an error is about the words of a command line: then another line may be meant. */
export function isAboutWords(thrown: unknown): thrown is EvenkeelError {
  return thrown instanceof EvenkeelError && marked.has(thrown);
}
