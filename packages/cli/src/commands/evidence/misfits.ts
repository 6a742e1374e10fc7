import { shellWord } from "@evenkeel/core/text/shell.ts";
import { EvenkeelError } from "@evenkeel/core/error/evenkeel-error.ts";
import { isRecord } from "../../input/read-subject.ts";
import type { EvidenceFlags } from "./flags.ts";

/** Refuses what asks for two things, or for a record of a record. Errors: `usage`. */
export function refuseMisfits({ root, qmp, state }: EvidenceFlags, word: string): void {
  if (isRecord(word)) refuseFile(word);
  if (root === undefined) return;
  const unused = qmp !== undefined ? "--qmp" : state !== undefined ? "--state" : null;
  if (unused === null) return;
  throw new EvenkeelError("usage", `${unused} has no effect with --root`, {
    expected: "a recorded machine, or flags for reading this one",
    remedy: `leave out ${unused}`,
  });
}

function refuseFile(word: string): never {
  throw new EvenkeelError("usage", "this is the name of a file", {
    where: JSON.stringify(word),
    expected: "a VM, a process or a container that runs, to record it",
    remedy: `to look into a record: evenkeel doctor ${shellWord(word)}`,
  });
}
