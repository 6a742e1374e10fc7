import { readDocument } from "@evenkeel/contract/read-document.ts";
import { EvenkeelError } from "@evenkeel/core/error/evenkeel-error.ts";
import type { Evidence } from "@evenkeel/core/evidence/evidence.ts";
import { subjectsHere } from "@evenkeel/host/vm/subjects.ts";
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
  const isLive = words.some((word) => !isRecord(word));
  const here = isLive ? await subjectsHere(subjectHost(flags, surroundings)) : null;
  return Promise.all(
    words.map((word) =>
      here === null || isRecord(word) ? readRecord(word, surroundings) : here.read(word),
    ),
  );
}

async function readRecord(path: string, surroundings: Surroundings): Promise<Evidence> {
  const { text, where } = await readText(path, "an Evidence document", surroundings);
  return readDocument(text, where, "Evidence");
}

/**
 * Reads this machine itself, and every VM on it that still runs then: all at the same time, because
 * each has its threads looked at twice, a while apart.
 */
export async function readMachineSubjects(
  flags: SubjectFlags,
  surroundings: Surroundings,
): Promise<readonly Evidence[]> {
  const { machine, vms, read } = await subjectsHere(subjectHost(flags, surroundings));
  const ofVms = await Promise.all(vms.map((pid) => read(`${pid}`).catch(nullIfEnded)));
  return [machine(), ...ofVms.filter((evidence) => evidence !== null)];
}

const ended: ReadonlySet<string> = new Set(["process-unknown", "process-gone"]);

function nullIfEnded(error: unknown): null {
  const hasEnded = error instanceof EvenkeelError && ended.has(error.code);
  if (hasEnded) return null;
  throw error;
}
