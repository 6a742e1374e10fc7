import type { Tree } from "../tree/tree.ts";
import { trustedUserTest } from "./process-record.ts";
import { processIds } from "./process-ids.ts";

/** The files that processes have open, as the kernel names them. */
export type OpenFiles = ReadonlyMap<number, readonly string[]>;

/** How many open files of users who run no VMs are looked at, which takes two seconds. */
const othersFilesMost = 131_072;

/**
 * The open files of every process that this process may inspect: as root, all of them. Others are
 * missing.
 *
 * Every user can open some hundred thousand files, and must not hold up a command of root with
 * them. So of users who run no VMs only so many files are looked at, the processes with the fewest
 * first. A process beyond that counts as one that has none open.
 *
 * @param most how many files of these users are looked at.
 */
export function readOpenFiles(tree: Tree, most: number = othersFilesMost): OpenFiles {
  const isTrusted = trustedUserTest(tree);
  // Threads of the kernel have no program and no files, and are half of a host's processes.
  const programs = processIds(tree).filter((pid) => tree.readLink(`/proc/${pid}/exe`) !== null);
  const processes = programs.map((pid) => {
    const trusted = isTrusted(pid);
    return { pid, trusted, slots: trusted ? 0 : slotsOf(tree, pid) };
  });
  const open = new Map<number, readonly string[]>();
  let left = most;
  for (const { pid, trusted, slots } of processes.toSorted((a, b) => a.slots - b.slots)) {
    if (!trusted && slots > left) {
      open.set(pid, []);
      continue;
    }
    const files = filesOf(tree, pid);
    if (!trusted) left -= files.length;
    // A process that lives has files open, unless they may not be read.
    if (files.length > 0) open.set(pid, files);
  }
  return open;
}

/** For how many open files a process has room, which costs less than to list them. */
function slotsOf(tree: Tree, pid: number): number {
  const slots = /^FDSize:\s*(\d{1,9})$/m.exec(tree.readText(`/proc/${pid}/status`) ?? "")?.[1];
  return slots === undefined ? 0 : Number(slots);
}

function filesOf(tree: Tree, pid: number): readonly string[] {
  const folder = `/proc/${pid}/fd`;
  return tree.list(folder).flatMap((fd) => tree.readLink(`${folder}/${fd}`) ?? []);
}
