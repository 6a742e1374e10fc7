import { randomUUID } from "node:crypto";
import { lstat, mkdir, open, rename, rm } from "node:fs/promises";
import { basename, dirname, join } from "node:path";
import { EvenkeelError } from "@evenkeel/core/error/evenkeel-error.ts";

/**
 * Writes a file so that it appears whole or not at all: the content goes to a temporary file in the
 * same folder, is flushed, and is renamed. A previous file stays until then. Nothing but a file is
 * replaced: a device, a pipe, a socket, a folder and a symbolic link are refused.
 *
 * Errors: `file-unwritable`.
 */
export async function writeWholeFile(path: string, content: Uint8Array | string): Promise<void> {
  await refuseOtherThanFile(path);
  await replaceFile(path, content, 0o644).catch((cause: unknown) => {
    throw unwritable(path, cause);
  });
}

/**
 * Refuses a name that something other than a regular file has. A symbolic link is refused whatever
 * it leads to, because renaming would replace the link itself, and following it would write where
 * whoever made the link chose.
 *
 * Errors: `file-unwritable`.
 */
export async function refuseOtherThanFile(path: string): Promise<void> {
  const kind = await kindOfOther(path).catch((cause: unknown) => {
    throw unwritable(path, cause);
  });
  if (kind === null) return;
  throw new EvenkeelError("file-unwritable", `${kind} has this name`, {
    where: path,
    expected: "a new name, or that of a regular file, which is replaced",
    remedy: "choose another name",
  });
}

/** What has a name; null where nothing has it, or a regular file. */
async function kindOfOther(path: string): Promise<string | null> {
  const found = await lstat(path).catch((cause: unknown) => {
    if (cause instanceof Error && "code" in cause && cause.code === "ENOENT") return null;
    throw cause;
  });
  if (found === null || found.isFile()) return null;
  if (found.isSymbolicLink()) return "a symbolic link";
  if (found.isDirectory()) return "a folder";
  if (found.isFIFO()) return "a named pipe";
  if (found.isSocket()) return "a socket";
  return "a device";
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
