import { existsSync } from "node:fs";
import { join, resolve } from "node:path";

/**
 * The optional corpus of recordings of real machines, in the folder that `EVENKEEL_CORPUS` names.
 * Tests that use it run where it is and say so where it is not.
 */
const root =
  process.env["EVENKEEL_CORPUS"] ?? resolve(import.meta.dirname, "../../../../../shared/data");

/** A folder or file of the corpus, or null where there is no corpus. */
export function corpus(path: string): string | null {
  const full = join(root, path);
  return existsSync(full) ? full : null;
}
