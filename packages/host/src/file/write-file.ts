import { randomUUID } from "node:crypto";
import { mkdir, open, rename, rm } from "node:fs/promises";
import { basename, dirname, join } from "node:path";
import { EvenkeelError } from "@evenkeel/core/error/evenkeel-error.ts";

/**
 * Writes a file so that it appears whole or not at all: the content goes to a temporary file in the
 * same folder, is flushed, and is renamed. A previous file stays until then.
 *
 * Errors: `file-unwritable`.
 */
export async function writeWholeFile(path: string, content: Uint8Array | string): Promise<void> {
  await replaceFile(path, content, 0o644).catch((cause: unknown) => {
    throw unwritable(path, cause);
  });
}

/** Like `writeWholeFile`, with the caller's mode and the system's own errors. */
export async function replaceFile(
  path: string,
  content: Uint8Array | string,
  mode: number,
): Promise<void> {
  const beside = join(dirname(path), `.${basename(path)}.${randomUUID()}`);
  try {
    const file = await open(beside, "wx", mode);
    try {
      await file.writeFile(content);
      await file.sync();
    } finally {
      await file.close();
    }
    await rename(beside, path);
  } catch (cause) {
    await rm(beside, { force: true });
    throw cause;
  }
}

/** Makes a folder and its parents where they are missing. Errors: `file-unwritable`. */
export async function makeFolder(path: string): Promise<void> {
  await mkdir(path, { recursive: true }).catch((cause: unknown) => {
    throw unwritable(path, cause);
  });
}

function unwritable(path: string, cause: unknown): EvenkeelError {
  const why = cause instanceof Error && "code" in cause ? ` (${String(cause.code)})` : "";
  return new EvenkeelError("file-unwritable", `the file cannot be written${why}`, {
    where: path,
    expected: "a name in a folder that can be written to",
    remedy: "choose another folder, or change its permissions",
    cause,
  });
}
