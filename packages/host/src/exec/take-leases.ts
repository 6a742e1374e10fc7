import { closeSync, fstatSync, lstatSync, readdirSync, statSync } from "node:fs";
import { type IndexSet, isDisjoint } from "@evenkeel/core/set/index-set.ts";
import { setOf } from "@evenkeel/core/set/list-format.ts";
import { parseMembership } from "../cgroup/parse.ts";
import { readCgroup } from "../cgroup/read.ts";
import { isSameFile } from "../file/same-file.ts";
import { liveTree } from "../tree/directory-tree.ts";
import type { LeasesAround } from "./leases-around.ts";
import { isStillAt, leasePath, openLease } from "./leases.ts";

export interface CoreToLease {
  /** Its lowest CPU, whether the command may use that one or not. */
  readonly firstCpu: number;
  readonly cpus: IndexSet;
}

/** A core's lease. */
export type Lease =
  /** The open file has the lock, as long as anybody has it open. */
  | { readonly kind: "taken"; readonly file: number }
  | { readonly kind: "held" }
  /** No lock can be had, and nobody who may run on the core has it. */
  | { readonly kind: "unusable"; readonly why: string };

/**
 * Takes the lease of a core. Where a command around this one holds it, that of the next depth: so
 * commands within one that has cores of its own divide these as others divide the machine's.
 *
 * A holder whose cpuset has no CPU of the core holds more than it was given, and does not count:
 * the core is taken without a lock, which is said. Its affinity says nothing, as a program may bind
 * its main thread to one of its cores and others to the rest.
 *
 * @param lock locks an open file without waiting; 0 where it did.
 * @param isAround whether a command around this one holds an open file.
 */
export function takeLease(
  folder: string,
  { firstCpu, cpus }: CoreToLease,
  lock: (file: number) => number,
  isAround: LeasesAround = () => false,
): Lease {
  let depth = 0;
  for (let tries = 0; tries < triesMax; tries++) {
    const path = leasePath(folder, firstCpu, depth);
    const file = openLease(path);
    if (typeof file !== "number") return { kind: "unusable", why: file.why };
    if (lock(file) !== 0) {
      if (!isAround(file)) return leaseOfAnother(path, file, cpus);
      [depth, tries] = [depth + 1, -1];
    } else if (isHeldWithin(folder, firstCpu, depth + 1, lock)) {
      closeSync(file);
      return { kind: "held" };
    } else if (isStillAt(path, file)) {
      return { kind: "taken", file };
    }
    // Its owner may have removed it meanwhile, and then another command locks a new one.
    closeSync(file);
  }
  return { kind: "unusable", why: `the leases of CPU ${firstCpu} are removed again and again` };
}

const triesMax = 3;

/**
 * Whether a command has a core that outlived the one around it, whose lock it did not inherit: many
 * programs close what they do not know before they start another.
 */
function isHeldWithin(
  folder: string,
  firstCpu: number,
  depth: number,
  lock: (file: number) => number,
): boolean {
  const path = leasePath(folder, firstCpu, depth);
  if (lstatSync(path, { throwIfNoEntry: false }) === undefined) return false;
  const file = openLease(path);
  if (typeof file !== "number") return false;
  const isHeld = lock(file) !== 0;
  closeSync(file);
  return isHeld || isHeldWithin(folder, firstCpu, depth + 1, lock);
}

/** The lease of a core whose file somebody else has locked. Closes the file. */
function leaseOfAnother(path: string, file: number, cpus: IndexSet): Lease {
  const lockName = nameInLocks(file);
  const holders = holdersOf(lockName);
  closeSync(file);
  // Holders in other containers are not seen; then the lock itself is believed.
  const mayRun = holders.map((pid) => (hasOpen(pid, path) === false ? null : mayRunOn(pid, cpus)));
  if (mayRun.length === 0 || mayRun.some((may) => may !== false)) return { kind: "held" };
  return {
    kind: "unusable",
    why: `process ${holders.join(", ")} holds ${path} and may not run there`,
  };
}

/** A file as /proc/locks names it: MAJOR:MINOR:INODE, the first two in hexadecimal. */
function nameInLocks(file: number): string {
  const { dev, ino } = fstatSync(file);
  const [major, minor] = [(dev >> 8) & 0xfff, (dev & 0xff) | ((dev >> 12) & 0xfff00)];
  const hex = (value: number): string => value.toString(16).padStart(2, "0");
  return `${hex(major)}:${hex(minor)}:${ino}`;
}

/** The processes that have locked a file, by /proc/locks. */
function holdersOf(lockName: string): readonly number[] {
  return (liveTree().readText("/proc/locks") ?? "").split("\n").flatMap((line) => {
    const [, kind, , , pid, where] = line.trim().split(/\s+/);
    return kind === "FLOCK" && where === lockName && Number(pid) > 0 ? [Number(pid)] : [];
  });
}

/**
 * Whether a process has a file open; null where that may not be seen. The kernel names the process
 * that took a lock. That may have ended, leaving the lock to its children and its number to another
 * process, whose cpuset says nothing.
 */
function hasOpen(pid: number, path: string): boolean | null {
  try {
    const folder = `/proc/${pid}/fd`;
    const own = lstatSync(path);
    return readdirSync(folder).some((name) => {
      const open = statSync(`${folder}/${name}`, { throwIfNoEntry: false });
      return open !== undefined && isSameFile(open, own);
    });
  } catch {
    return null;
  }
}

/** Whether a process's cpuset has any of these CPUs; null where that is not known. */
function mayRunOn(pid: number, cpus: IndexSet): boolean | null {
  const tree = liveTree();
  const { cpuset } = parseMembership(tree.readText(`/proc/${pid}/cgroup`) ?? "");
  const effective = cpuset === null ? null : (readCgroup(tree, cpuset)?.effectiveCpus ?? null);
  return effective === null ? null : !isDisjoint(setOf(effective), cpus);
}
