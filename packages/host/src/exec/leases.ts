import {
  closeSync,
  constants,
  fstatSync,
  lstatSync,
  mkdirSync,
  chmodSync,
  openSync,
} from "node:fs";
import { dirname, join } from "node:path";

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

/** Looks whether the folder can be trusted. Root makes it where it is missing. */
export function leasesHere(
  folder: string = leaseFolder,
  isRoot = process.getuid?.() === 0,
): NoLeases {
  if (isRoot) makeFolder(folder);
  const stats = lstatSync(folder, { throwIfNoEntry: false });
  if (stats === undefined) return `there is no ${folder}`;
  if (!stats.isDirectory()) return `${folder} is no folder`;
  const owner = lstatSync("/proc/self").uid;
  if (stats.uid !== 0 && stats.uid !== owner) return `${folder} belongs to another user`;
  if ((stats.mode & 0o022) !== 0 && (stats.mode & 0o1000) === 0) {
    return `in ${folder} anybody could move what is another's: it has no sticky bit`;
  }
  return null;
}

function makeFolder(folder: string): void {
  try {
    mkdirSync(dirname(folder), { mode: 0o755 });
  } catch {
    // It is there, or leasesHere says that the folder below it is missing.
  }
  try {
    mkdirSync(folder);
    // Whatever the umask is.
    chmodSync(folder, 0o1777);
  } catch {
    // As above.
  }
}

/** The file of a core, by its lowest CPU. */
export function leasePath(folder: string, firstCpu: number): string {
  return join(folder, `core-${firstCpu}`);
}

/**
 * Opens the file of a core's lease, or makes it. No link is followed, and nothing but a regular
 * file is taken, since opening a FIFO may wait. Null where it cannot be had: then somebody has put
 * something else there.
 *
 * It is opened without O_CREAT first: the kernel refuses that for another user's file in a folder
 * with the sticky bit (`fs.protected_regular`).
 */
export function openLease(path: string): number | null {
  const { O_RDONLY, O_CREAT, O_EXCL, O_NOFOLLOW, O_NONBLOCK } = constants;
  const safely = O_RDONLY | O_NOFOLLOW | O_NONBLOCK;
  // Another command may make it between the two.
  for (const flags of [safely, safely | O_CREAT | O_EXCL, safely]) {
    try {
      const file = openSync(path, flags, 0o644);
      if (fstatSync(file).isFile()) return file;
      closeSync(file);
      return null;
    } catch {
      continue;
    }
  }
  return null;
}
