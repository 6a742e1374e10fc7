import { fstatSync, readdirSync, readFileSync, readlinkSync, statSync } from "node:fs";
import { isSameFile } from "../file/same-file.ts";
import { parentOf } from "../procfs/process-record.ts";
import { liveTree } from "../tree/directory-tree.ts";
import { isLeasePath } from "./leases.ts";

/** Whether a lease, as an open file, is held by a command around this process. */
export type LeasesAround = (file: number) => boolean;

/**
 * Looks for the leases of commands around this one: those that it has inherited, and those that the
 * processes have which it descends from, as many programs close open files before they start
 * others. Call it before this process takes some itself.
 */
export function leasesAround(): LeasesAround {
  const known = ["self", ...ancestors()].flatMap(leasesOf);
  return (file) => {
    const own = fstatSync(file);
    return known.some((one) => isSameFile(one, own));
  };
}

type FileOf = Parameters<typeof isSameFile>[0];

/** The leases that a process has locked, or has from whoever did. */
function leasesOf(pid: string): readonly FileOf[] {
  return valueOr([], () => readdirSync(`/proc/${pid}/fd`)).flatMap((name) => {
    const file = `/proc/${pid}/fd/${name}`;
    if (!isLeasePath(valueOr("", () => readlinkSync(file)))) return [];
    // The kernel tells the locks of the open file, not all of those on what it is open on.
    const info = valueOr("", () => readFileSync(`/proc/${pid}/fdinfo/${name}`, "utf8"));
    const stats = /^lock:.*\bFLOCK\b/m.test(info) ? valueOr(null, () => statSync(file)) : null;
    return stats === null ? [] : [stats];
  });
}

/** More than people nest. */
const ancestorsMost = 64;

/** The processes that this one descends from, as far as they are seen, the nearest first. */
function ancestors(): readonly string[] {
  const tree = liveTree();
  const found: string[] = [];
  let pid: number | null = process.ppid;
  while (pid !== null && pid !== 0 && found.length < ancestorsMost) {
    found.push(`${pid}`);
    pid = parentOf(tree, pid);
  }
  return found;
}

/** What /proc says, or another value where it may not be asked. */
function valueOr<T, U>(other: U, read: () => T): T | U {
  try {
    return read();
  } catch {
    return other;
  }
}
