import { readDocument } from "@evenkeel/contract/read-document.ts";
import type { Evidence } from "@evenkeel/core/evidence/evidence.ts";
import type { Surroundings } from "../command/surroundings.ts";
import { readText } from "./read-text.ts";

/** Whether a word names the file of a record, and no VM, process or container. */
export function isRecord(word: string): boolean {
  return word === "-" || word.includes("/") || word.endsWith(".json");
}

/** The evidence of a record. */
export async function readRecord(path: string, surroundings: Surroundings): Promise<Evidence> {
  const { text, where } = await readText(path, "an Evidence document", surroundings);
  return readDocument(text, where, "Evidence");
}
