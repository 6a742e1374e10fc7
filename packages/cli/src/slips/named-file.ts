import { closeSync, constants, openSync, readSync, statSync } from "node:fs";

const START_BYTES = 4096;

/** The kind that a document on disk says to be of; empty where it is no file, or says nothing. */
export function kindInFile(path: string): string {
  return /(?:^|[{,]\s*)"?kind"?:\s*"?(\w{1,40})/m.exec(startOf(path))?.[1] ?? "";
}

/** The name that a document on disk gives its VM; null where it is no file, or names none. */
export function nameInFile(path: string): string | null {
  return /(?:^|[{,\s])"?name"?:\s*"?([a-z0-9][a-z0-9.-]{0,62})/m.exec(startOf(path))?.[1] ?? null;
}

/** The first characters of a file; none where it cannot be read without waiting. */
function startOf(path: string): string {
  try {
    if (!statSync(path).isFile()) return "";
    const file = openSync(path, constants.O_RDONLY | constants.O_NONBLOCK);
    try {
      const bytes = Buffer.alloc(START_BYTES);
      return bytes.toString("utf8", 0, readSync(file, bytes));
    } finally {
      closeSync(file);
    }
  } catch {
    return "";
  }
}
