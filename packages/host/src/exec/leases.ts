import {
  closeSync,
  constants,
  fchmodSync,
  fstatSync,
  lstatSync,
  mkdirSync,
  chmodSync,
  openSync,
  type Stats,
} from "node:fs";
import { dirname, join } from "node:path";
import { isSameFile } from "../file/same-file.ts";
import { isUnmapped } from "./whose-folder.ts";

/**
 * Leases of cores: a command with cores of its own holds a lock on a file for each, so that
 * commands that know nothing of each other take different ones. The kernel frees a lock when the
 * last process that inherited the open file has ended, however it ended.
 *
 * The folder belongs to root and has the sticky bit, as /tmp: anybody may make a file in it, and
 * nobody can move what is another's. A lock keeps commands apart that mean well. Who does not can
 * hold any lock, as on any machine that is shared; so a lease decides which cores a command takes,
 * never whether it starts.
 */
export const leaseFolder = "/run/evenkeel/leases";

/** Why there are no leases here; null where there are. */
export type NoLeases = string | null;

/**
 * Looks whether the folder can be trusted: neither it nor the one that it lies in may be moved by
 * anybody but root and this user. Root makes both where they are missing.
 */
export function leasesHere(
  folder: string = leaseFolder,
  isRoot = process.geteuid?.() === 0,
): NoLeases {
  if (isRoot) makeFolder(folder);
  return whyUntrusted(dirname(folder)) ?? whyUntrusted(folder);
}

function whyUntrusted(folder: string): NoLeases {
  let stats: Stats | undefined;
  try {
    stats = lstatSync(folder, { throwIfNoEntry: false });
  } catch (error) {
    return `${folder} cannot be seen (${codeOf(error)})`;
  }
  if (stats === undefined) return `there is no ${folder}`;
  if (!stats.isDirectory()) return `${folder} is no folder`;
  if (stats.uid !== 0 && stats.uid !== process.geteuid?.() && !isUnmapped(stats.uid)) {
    return `${folder} belongs to another user`;
  }
  if ((stats.mode & 0o022) !== 0 && (stats.mode & 0o1000) === 0) {
    return `in ${folder} anybody could move what is another's: it has no sticky bit`;
  }
  return null;
}

/**
 * Makes the folder for everybody, whatever the umask is. The one above has the lock of root's
 * commands too, which make it for themselves alone: others have to get through it.
 */
function makeFolder(folder: string): void {
  const above = dirname(folder);
  const umask = process.umask(0);
  try {
    for (const [path, mode] of [
      [above, 0o755],
      [folder, 0o1777],
    ] as const) {
      try {
        mkdirSync(path, { mode });
      } catch {
        // It is there, or leasesHere says that it is missing.
      }
    }
    openForOthers(above);
  } finally {
    process.umask(umask);
  }
}

function openForOthers(folder: string): void {
  try {
    const { mode, uid } = lstatSync(folder);
    const isOwnFolder = (mode & S_IFMT) === S_IFDIR && uid === 0;
    if (isOwnFolder && (mode & 0o055) !== 0o055) chmodSync(folder, (mode & 0o7777) | 0o055);
  } catch {
    // Then others are told that they cannot see what is in it.
  }
}

const { S_IFMT, S_IFDIR } = constants;

/**
 * The file of a core, by its lowest CPU. A command within another that holds the core takes the
 * next file of it, and so on: at each depth one command holds it.
 */
export function leasePath(folder: string, firstCpu: number, depth = 0): string {
  return join(folder, `core-${firstCpu}${depth === 0 ? "" : `.${depth}`}`);
}

/** Whether a file, by its path in whatever mount namespace, is named as one of a core. */
export function isLeasePath(path: string): boolean {
  return /\/core-\d+(?:\.\d+)?$/.test(path);
}

/** An open file, or why there is none. */
export type OpenedLease = number | { readonly why: string };

/**
 * Opens the file of a core's lease, or makes it. No link is followed, and nothing but a regular
 * file is opened, since opening a FIFO may wait and opening a device may do anything. One with a
 * second name is refused: it may be the file of another core.
 *
 * It is opened without O_CREAT first: the kernel refuses that for another user's file in a folder
 * with the sticky bit (`fs.protected_regular`).
 */
export function openLease(path: string): OpenedLease {
  const { O_RDONLY, O_CREAT, O_EXCL, O_NOFOLLOW, O_NONBLOCK } = constants;
  const safely = O_RDONLY | O_NOFOLLOW | O_NONBLOCK;
  let why = "";
  // Another command may make it between the two, and its owner may remove it.
  for (const flags of [safely, safely | O_CREAT | O_EXCL, safely]) {
    const isMade = (flags & O_CREAT) !== 0;
    try {
      const there = lstatSync(path, { throwIfNoEntry: false });
      if (there?.isFile() === false) return { why: `${path} is no file` };
      const file = openSync(path, flags, 0o644);
      // Everybody has to open it to see whether it is locked, whatever the umask is here.
      if (isMade) fchmodSync(file, 0o644);
      const { nlink } = fstatSync(file);
      if (fstatSync(file).isFile() && nlink === 1) return file;
      closeSync(file);
      why = nlink > 1 ? `${path} has a second name` : `${path} was removed`;
    } catch (error) {
      const code = codeOf(error);
      if (isMade && code !== "EEXIST") return { why: `${path} cannot be made (${code})` };
      why = `${path} cannot be opened (${code})`;
    }
  }
  return { why };
}

/** Whether an open file is still the one that others open at this path. */
export function isStillAt(path: string, file: number): boolean {
  try {
    return isSameFile(fstatSync(file), lstatSync(path));
  } catch {
    return false;
  }
}

function codeOf(error: unknown): string {
  return error instanceof Error && "code" in error ? String(error.code) : String(error);
}
