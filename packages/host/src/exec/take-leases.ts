import { closeSync, fstatSync, readFileSync } from "node:fs";
import { type IndexSet, isDisjoint } from "@evenkeel/core/set/index-set.ts";
import { setOf } from "@evenkeel/core/set/list-format.ts";
import { parseMembership } from "../cgroup/parse.ts";
import { readCgroup } from "../cgroup/read.ts";
import { liveTree } from "../tree/directory-tree.ts";
import { leasePath, openLease } from "./leases.ts";

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
 * Takes the lease of a core.
 *
 * A holder whose cpuset has no CPU of the core holds more than it was given, and does not count:
 * the core is taken without a lock, which is said. Its affinity says nothing, as a program may bind
 * its main thread to one of its cores and others to the rest.
 *
 * @param lock locks an open file without waiting; 0 where it did.
 */
export function takeLease(
  folder: string,
  { firstCpu, cpus }: CoreToLease,
  lock: (file: number) => number,
): Lease {
  const path = leasePath(folder, firstCpu);
  const file = openLease(path);
  if (file === null) return { kind: "unusable", why: `${path} cannot be opened as a file` };
  if (lock(file) === 0) return { kind: "taken", file };
  const holders = holdersOf(file);
  closeSync(file);
  const mayRun = holders.map((pid) => mayRunOn(pid, cpus));
  // Holders in other containers are not seen; then the lock itself is believed.
  if (mayRun.length === 0 || mayRun.some((may) => may !== false)) return { kind: "held" };
  return {
    kind: "unusable",
    why: `process ${holders.join(", ")} holds ${path} and may not run there`,
  };
}

/** The processes that have locked an open file, by /proc/locks. */
function holdersOf(file: number): readonly number[] {
  const { dev, ino } = fstatSync(file);
  // As the kernel writes it: MAJOR:MINOR:INODE, the first two in hexadecimal.
  const [major, minor] = [(dev >> 8) & 0xfff, (dev & 0xff) | ((dev >> 12) & 0xfff00)];
  const hex = (value: number): string => value.toString(16).padStart(2, "0");
  const name = `${hex(major)}:${hex(minor)}:${ino}`;
  return textOf("/proc/locks")
    .split("\n")
    .flatMap((line) => {
      const [, kind, , , pid, where] = line.trim().split(/\s+/);
      return kind === "FLOCK" && where === name && Number(pid) > 0 ? [Number(pid)] : [];
    });
}

/** Whether a process's cpuset has any of these CPUs; null where that is not known. */
function mayRunOn(pid: number, cpus: IndexSet): boolean | null {
  const tree = liveTree();
  const { cpuset } = parseMembership(tree.readText(`/proc/${pid}/cgroup`) ?? "");
  const effective = cpuset === null ? null : (readCgroup(tree, cpuset)?.effectiveCpus ?? null);
  return effective === null ? null : !isDisjoint(setOf(effective), cpus);
}

function textOf(path: string): string {
  try {
    return readFileSync(path, "utf8");
  } catch {
    return "";
  }
}
