import { readDocument } from "@evenkeel/contract/read-document.ts";
import type { Evidence } from "@evenkeel/core/evidence/evidence.ts";
import type { Surroundings } from "../command/surroundings.ts";
import { readText } from "./read-text.ts";

/** Where VMs are looked for beside the processes of this machine. */
export interface SubjectFlags {
  readonly state?: string | undefined;
}

/** Whether a word names the file of a record, and no VM, process or container. */
export function isRecord(word: string): boolean {
  return word === "-" || word.includes("/") || word.endsWith(".json");
}

/** Reads what a word names: a record's file, or a VM, process or container of this machine. */
export async function readSubject(
  word: string,
  _flags: SubjectFlags,
  surroundings: Surroundings,
): Promise<Evidence> {
  return readRecord(word, surroundings);
}

/** The machine itself and every VM on it. */
export async function readMachineSubjects(
  _flags: SubjectFlags,
  _surroundings: Surroundings,
): Promise<readonly Evidence[]> {
  return [];
}

/** The evidence of a record. */
async function readRecord(path: string, surroundings: Surroundings): Promise<Evidence> {
  const { text, where } = await readText(path, "an Evidence document", surroundings);
  return readDocument(text, where, "Evidence");
}
