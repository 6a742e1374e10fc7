import { chmod, mkdir, open, rm, stat } from "node:fs/promises";
import { dirname } from "node:path";
import { EvenkeelError } from "@evenkeel/core/error/evenkeel-error.ts";
import { replaceFile } from "../file/write-file.ts";

/**
 * Writes a file so that after a power failure either the new one or the old one is there as a
 * whole. The file is written beside its place, flushed, and moved there, and then the folder is
 * flushed (fsync(2): flushing a file does not flush its entry). Only the owner may read it.
 *
 * Errors: `state-unusable`.
 */
export async function writeDurably(path: string, text: string): Promise<void> {
  try {
    await replaceFile(path, text, 0o600);
    await syncFolder(dirname(path));
  } catch (cause) {
    throw unusable(path, cause);
  }
}

/** Removes a file and flushes the folder. Errors: `state-unusable`. */
export async function removeDurably(path: string): Promise<void> {
  try {
    await rm(path, { force: true });
    await syncFolder(dirname(path));
  } catch (cause) {
    throw unusable(path, cause);
  }
}

/** Makes a folder that only its owner may enter. An existing one gets that mode. */
export async function makePrivateFolder(path: string): Promise<void> {
  try {
    await mkdir(path, { recursive: true, mode: 0o700 });
    // On a read-only file system any change fails, also to the mode that it has.
    if (((await stat(path)).mode & 0o777) !== 0o700) await chmod(path, 0o700);
  } catch (cause) {
    throw unusable(path, cause);
  }
}

async function syncFolder(path: string): Promise<void> {
  const folder = await open(path, "r");
  try {
    await folder.sync();
  } finally {
    await folder.close();
  }
}

export function unusable(path: string, cause: unknown): EvenkeelError {
  const why = cause instanceof Error && "code" in cause ? ` (${String(cause.code)})` : "";
  return new EvenkeelError("state-unusable", `the state of VMs cannot be kept here${why}`, {
    where: path,
    expected: "a folder that may be written to, with room left",
    remedy: "run it as root, or choose a folder with --state",
    cause,
  });
}
