import {
  closeSync,
  constants,
  fstatSync,
  lstatSync,
  openSync,
  realpathSync,
  type Stats,
  statSync,
} from "node:fs";
import { dirname } from "node:path";
import { EvenkeelError } from "@evenkeel/core/error/evenkeel-error.ts";
import { shellLine } from "@evenkeel/core/text/shell.ts";

/** The mode bit of folders in which a file is moved by its owner alone (inode(7)). */
const sticky = 0o1000;

/**
 * Opens a file of the state folder that nobody else can have written: it belongs to the user of
 * this process or to root, and nobody else may write to it. No link is followed, and only a regular
 * file is opened, since opening a FIFO may wait and opening a device may have effects.
 *
 * Errors: `state-untrusted`, and those of the system.
 */
export function openTrusted(path: string, flags: number, mode?: number): number {
  const before = lstatSync(path, { throwIfNoEntry: false });
  if (before !== undefined) requireTrusted(path, before, "file");
  const { O_NOFOLLOW, O_NONBLOCK } = constants;
  const file = openSync(path, flags | O_NOFOLLOW | O_NONBLOCK, mode);
  try {
    // It may have become something else between lstat and open.
    requireTrusted(path, fstatSync(file), "file");
    return file;
  } catch (error) {
    closeSync(file);
    throw error;
  }
}

/**
 * Refuses a folder unless it belongs to the user of this process or to root, and nobody else may
 * write to it. A link is refused as well.
 *
 * Errors: `state-untrusted`, and those of the system.
 */
export function requireTrustedFolder(path: string): void {
  requireTrusted(path, lstatSync(path), "folder");
  const { O_RDONLY, O_DIRECTORY, O_NOFOLLOW } = constants;
  const folder = openSync(path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW);
  try {
    requireTrusted(path, fstatSync(folder), "folder");
  } finally {
    closeSync(folder);
  }
}

/**
 * Refuses a path whose folders let another user put something else in its place. Anybody may write
 * to a folder with the sticky bit, such as /tmp, since there nobody can move what is another's.
 *
 * Errors: `state-untrusted`, and those of the system.
 */
export function requireTrustedParents(path: string): void {
  for (const lexical of parentsOf(path)) {
    const link = lstatSync(lexical, { throwIfNoEntry: false });
    if (link === undefined) continue;
    requireOwner(lexical, link);
    for (const real of [lexical, ...parentsOf(realpathSync(lexical))]) {
      const stats = statSync(real);
      requireOwner(real, stats);
      if ((stats.mode & sticky) === 0) requireUnwritable(real, stats);
    }
  }
}

function parentsOf(path: string): readonly string[] {
  const parent = dirname(path);
  return parent === path ? [] : [...parentsOf(parent), parent];
}

function requireTrusted(path: string, stats: Stats, kind: "file" | "folder"): void {
  if (kind === "file" ? !stats.isFile() : !stats.isDirectory()) {
    const expected = kind === "file" ? "a regular file" : "a folder";
    throw untrusted(path, `it is ${kindOf(stats)}`, expected, `see ls -ld, and move it away`);
  }
  requireOwner(path, stats);
  requireUnwritable(path, stats);
}

function requireOwner(path: string, { uid }: Stats): void {
  const own = process.geteuid?.();
  if (uid === 0 || uid === own) return;
  const owner = own === 0 ? "root" : `root or the user ${own}`;
  const chown = shellLine(["chown", own === undefined ? "root" : `${own}`, path]);
  const remedy = `choose another folder with --state; or check what is in this, and ${chown}`;
  throw untrusted(path, `it belongs to the user ${uid}`, `that it belongs to ${owner}`, remedy);
}

function requireUnwritable(path: string, { mode, uid }: Stats): void {
  if ((mode & (constants.S_IWGRP | constants.S_IWOTH)) === 0) return;
  const chmod = shellLine(["chmod", "go-w", path]);
  const remedy = `choose another folder with --state; or check what is in this, and ${chmod}`;
  const has = `others than its owner, the user ${uid}, may write to it`;
  throw untrusted(path, has, "that only its owner may write to it", remedy);
}

function kindOf(stats: Stats): string {
  if (stats.isSymbolicLink()) return "a symbolic link";
  if (stats.isDirectory()) return "a folder";
  if (stats.isFile()) return "a file";
  if (stats.isFIFO()) return "a FIFO";
  return stats.isSocket() ? "a socket" : "a device";
}

function untrusted(path: string, has: string, expected: string, remedy: string): EvenkeelError {
  return new EvenkeelError("state-untrusted", has, { where: path, expected, remedy });
}
