import { lstatSync } from "node:fs";
import { chmod, mkdir, open, rm } from "node:fs/promises";
import { dirname } from "node:path";
import { EvenkeelError } from "@evenkeel/core/error/evenkeel-error.ts";
import { replaceFile } from "../file/write-file.ts";
import { requireTrustedFolder, requireTrustedParents } from "./trusted.ts";

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

/**
 * Makes a folder that only its owner may enter. An existing one is left as it is, and refused
 * unless it can be trusted. After a power failure a folder that was made is still there, because
 * the folder above each new one is flushed. Errors: `state-untrusted`, `state-unusable`.
 */
export async function makePrivateFolder(path: string): Promise<void> {
  try {
    if (!isTrustedFolder(path)) {
      const first = await mkdir(path, { recursive: true, mode: 0o700 });
      await chmod(path, 0o700);
      for (const made of foldersDownTo(path, first ?? path)) await syncFolder(dirname(made));
      requireTrustedFolder(path);
    }
  } catch (cause) {
    throw unusable(path, cause);
  }
}

/** False if there is no such folder. Errors: `state-untrusted`, `state-unusable`. */
export function isTrustedFolder(path: string): boolean {
  try {
    requireTrustedParents(path);
    if (lstatSync(path, { throwIfNoEntry: false }) === undefined) return false;
    requireTrustedFolder(path);
    return true;
  } catch (cause) {
    throw unusable(path, cause);
  }
}

/** The folders from `first` down to a path below it, which is the last. */
function foldersDownTo(path: string, first: string): readonly string[] {
  return path === first || path === dirname(path)
    ? [path]
    : [...foldersDownTo(dirname(path), first), path];
}

async function syncFolder(path: string): Promise<void> {
  const folder = await open(path, "r");
  try {
    await folder.sync();
  } finally {
    await folder.close();
  }
}

/** An error of the system as a coded one. One that is coded already stays. */
export function unusable(path: string, cause: unknown): EvenkeelError {
  if (cause instanceof EvenkeelError) return cause;
  const why = cause instanceof Error && "code" in cause ? ` (${String(cause.code)})` : "";
  return new EvenkeelError("state-unusable", `the state of VMs cannot be kept here${why}`, {
    where: path,
    expected: "a folder that may be written to, with room left",
    remedy: "run it as root, or choose a folder with --state",
    cause,
  });
}
