import { EvenkeelError } from "@evenkeel/core/error/evenkeel-error.ts";
import type { Evidence } from "@evenkeel/core/evidence/evidence.ts";
import { canonicalJson } from "@evenkeel/core/hash/canonical-json.ts";
import { shellWord } from "@evenkeel/core/text/shell.ts";
import { isRecord } from "../../input/read-subject.ts";

/** A subject as it was named, and what was read of it. */
export interface NamedSubject {
  readonly word: string;
  readonly evidence: Evidence;
}

/** Refuses one word for both, before anything is read. Errors: `usage`. */
export function refuseSameWord([a, b]: readonly [string, string]): void {
  if (a === b) throw same(a, "it is named twice");
}

/**
 * Refuses two names of one thing: a process by its number and by its VM's name, a record and a link
 * to it or a copy. Two records of one VM from two times are two: what has changed is a question.
 *
 * Errors: `usage`.
 */
export function refuseSame(a: NamedSubject, b: NamedSubject): void {
  const records = [a, b].filter(({ word }) => isRecord(word)).length;
  if (records === 2 && canonicalJson(a.evidence) === canonicalJson(b.evidence)) {
    throw same(a.word, `${JSON.stringify(b.word)} is the same record`);
  }
  const pid = a.evidence.process?.pid;
  if (records === 0 && pid !== undefined && pid === b.evidence.process?.pid) {
    throw same(a.word, `${JSON.stringify(b.word)} is the same, process ${pid}`);
  }
}

function same(word: string, message: string): EvenkeelError {
  return new EvenkeelError("usage", message, {
    where: JSON.stringify(word),
    expected: "two that may differ: two VMs or processes, or records of one from two times",
    remedy: `evenkeel doctor ${shellWord(word)} says what is wrong with one alone`,
  });
}
