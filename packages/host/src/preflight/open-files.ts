import type { Tree } from "../tree/tree.ts";

/** The processes that have a device's file open, by file. */
export type OpenFiles = ReadonlyMap<string, readonly number[]>;

const deviceFile = /^\/dev\/(?:vfio\/|dri\/|nvidia\d)/;

/**
 * Searches every process that this process may inspect: as root, all of them. A few milliseconds
 * each.
 */
export function readOpenFiles(tree: Tree): OpenFiles {
  const open = new Map<string, number[]>();
  for (const name of tree.list("/proc")) {
    if (!/^\d+$/.test(name)) continue;
    const files = tree
      .list(`/proc/${name}/fd`)
      .map((fd) => tree.readLink(`/proc/${name}/fd/${fd}`) ?? "");
    for (const file of new Set(files.filter((path) => deviceFile.test(path)))) {
      const pids = open.get(file) ?? [];
      pids.push(Number(name));
      open.set(file, pids);
    }
  }
  return open;
}
