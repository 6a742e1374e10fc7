import type { Tree } from "../tree/tree.ts";

/** `__SO_ACCEPTCON` of the kernel: the socket listens. */
const LISTENS = 0x10000;

/**
 * Whether a process has a socket open that listens at a path: the kernel tells the inodes of the
 * sockets at that path (`/proc/net/unix`), and the inodes that a process has open.
 */
export function listensOn(tree: Tree, pid: number, path: string): boolean {
  const open = new Set(
    tree.list(`/proc/${pid}/fd`).map((fd) => tree.readLink(`/proc/${pid}/fd/${fd}`)),
  );
  return (tree.readText("/proc/self/net/unix") ?? "").split("\n").some((line) => {
    const [, flags, inode, at] =
      /^[0-9a-f]+: [0-9A-F]+ [0-9A-F]+ ([0-9A-F]+) [0-9A-F]+ [0-9A-F]+ +(\d+) (.+)$/.exec(line) ??
      [];
    if (flags === undefined || at !== path || (Number.parseInt(flags, 16) & LISTENS) === 0) {
      return false;
    }
    return open.has(`socket:[${inode}]`);
  });
}
