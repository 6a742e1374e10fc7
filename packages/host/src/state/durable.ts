import { chmod, mkdir, open, rm } from "node:fs/promises";
import { dirname } from "node:path";
import { EvenkeelError } from "@evenkeel/core/error/evenkeel-error.ts";
import { replaceFile } from "../file/write-file.ts";

/**
 * Writes a file that is there whole after a power failure, or the one before it is: written beside its
 * place, flushed, moved there, and the move flushed with the folder (fsync(2): flushing a file does
 * not flush its entry). Only its owner may read it.
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

/** Removes a file, and flushes that it is gone. Errors: `state-unusable`. */
export async function removeDurably(path: string): Promise<void> {
  try {
    await rm(path, { force: true });
    await syncFolder(dirname(path));
  } catch (cause) {
    throw unusable(path, cause);
  }
}

/** Makes a folder that only its owner may enter; one that is there is given that mode. */
export async function makePrivateFolder(path: string): Promise<void> {
  try {
    await mkdir(path, { recursive: true, mode: 0o700 });
    await chmod(path, 0o700);
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
