import { existsSync } from "node:fs";
import { join, resolve } from "node:path";

/**
 * The optional corpus: recordings of real machines, in the folder `EVENKEEL_CORPUS`. Tests that
 * need it run where it exists and are marked as skipped elsewhere.
 */
const root =
  process.env["EVENKEEL_CORPUS"] ?? resolve(import.meta.dirname, "../../../../../shared/data");

/** A folder or file of the corpus, or null where there is no corpus. */
export function corpus(path: string): string | null {
  const full = join(root, path);
  return existsSync(full) ? full : null;
}
