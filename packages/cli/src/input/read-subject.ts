import { readDocument } from "@evenkeel/contract/read-document.ts";
import type { Evidence } from "@evenkeel/core/evidence/evidence.ts";
import { type SubjectsHere, subjectsHere } from "@evenkeel/host/vm/subjects.ts";
import type { Surroundings } from "../command/surroundings.ts";
import { readText } from "./read-text.ts";
import { type SubjectFlags, subjectHost } from "./subject-host.ts";

/** Whether a word names the file of a record, and no VM, process or container. */
export function isRecord(word: string): boolean {
  if (word.startsWith("container:")) return false;
  return word === "-" || word.includes("/") || word.endsWith(".json");
}

/**
 * Reads what words name: the files of records, and VMs, processes and containers of this machine,
 * which is looked at once for all of them.
 */
export async function readSubjects(
  words: readonly string[],
  flags: SubjectFlags,
  surroundings: Surroundings,
): Promise<readonly Evidence[]> {
  let here: SubjectsHere | null = null;
  const read: Evidence[] = [];
  for (const word of words) {
    if (isRecord(word)) {
      const { text, where } = await readText(word, "an Evidence document", surroundings);
      read.push(readDocument(text, where, "Evidence"));
    } else {
      here ??= await subjectsHere(subjectHost(flags, surroundings));
      read.push(await here.read(word));
    }
  }
  return read;
}

/** Reads this machine itself, and every VM on it. */
export async function readMachineSubjects(
  flags: SubjectFlags,
  surroundings: Surroundings,
): Promise<readonly Evidence[]> {
  const here = await subjectsHere(subjectHost(flags, surroundings));
  const read: Evidence[] = [here.machine()];
  for (const pid of here.vms) read.push(await here.read(`${pid}`));
  return read;
}
