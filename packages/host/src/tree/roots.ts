import { EvenkeelError } from "@evenkeel/core/error/evenkeel-error.ts";
import { joined } from "./resolve.ts";
import type { Tree } from "./tree.ts";

/**
 * The place of a machine in a tree. People record `/sys` and `/proc` below a directory with the
 * machine's name, put several machines into one archive, or start inside `/sys` itself.
 */
export interface Root {
  readonly path: string;
  /** The machine's directory that is recorded at the path. */
  readonly standsFor: "/" | "/sys" | "/sys/devices" | "/sys/devices/system";
}

/** The search depth; recordings have a machine a few directories deep. */
const depthMax = 6;
/** Bounds the search through a directory that is not a recording and may hold anything. */
const directoriesMax = 4096;
/** Directories of a machine that hold no other machine. */
const systemDirectories: ReadonlySet<string> = new Set(["sys", "proc", "dev", "run"]);

/**
 * Finds every recorded machine in a tree, by path: the directories that contain
 * `sys/devices/system/cpu`, or `devices/system/cpu` where the recording starts inside `/sys`, and
 * so on. Where there is none, the directories that contain at least `proc/cpuinfo`. Breadth first,
 * not below a machine already found; the cost is one listing for each directory on the way.
 */
export function findRoots(tree: Tree): Root[] {
  const found = rootsIn(tree, rootAt);
  return found.length > 0 ? found : rootsIn(tree, listedRootAt);
}

type RootAt = (tree: Tree, path: string) => Root | null;

function rootsIn(tree: Tree, rootAtPath: RootAt): Root[] {
  const found: Root[] = [];
  let level = ["/"];
  let visited = 0;
  for (let depth = 0; depth <= depthMax && level.length > 0; depth++) {
    const below: string[] = [];
    for (const path of level) {
      if (++visited > directoriesMax) return found;
      const root = rootAtPath(tree, path);
      if (root !== null) {
        found.push(root);
        continue;
      }
      for (const name of tree.list(path)) {
        const child = joined(path, name);
        // A link leads to a directory that is found elsewhere, or into a loop.
        if (!systemDirectories.has(name) && tree.readLink(child) === null) below.push(child);
      }
    }
    level = below;
  }
  return found.toSorted((a, b) => (a.path < b.path ? -1 : 1));
}

function rootAt(tree: Tree, path: string): Root | null {
  if (tree.realPath(joined(path, "sys/devices/system/cpu")) !== null) {
    return { path, standsFor: "/" };
  }
  if (tree.realPath(joined(path, "devices/system/cpu")) !== null) {
    return { path, standsFor: "/sys" };
  }
  // Directories with these names are common, so the kernel's own entries must be in them.
  const hasCpus = (directory: string): boolean =>
    ["online", "cpu0"].every(
      (name) => tree.realPath(joined(path, `${directory}/${name}`)) !== null,
    );
  if (hasCpus("system/cpu")) return { path, standsFor: "/sys/devices" };
  if (hasCpus("cpu")) return { path, standsFor: "/sys/devices/system" };
  return null;
}

function listedRootAt(tree: Tree, path: string): Root | null {
  const listed = tree.realPath(joined(path, "proc/cpuinfo")) !== null;
  return listed ? { path, standsFor: "/" } : null;
}

/** The machine at a root, as a tree of its own: links that leave it lead nowhere. */
export function subtree(tree: Tree, root: Root): Tree {
  if (root.path === "/" && root.standsFor === "/") return tree;
  // Translates paths between the machine and the tree that holds it.
  const mount = root.standsFor === "/" ? "" : root.standsFor;
  const prefix = root.path === "/" ? "" : root.path;
  const outer = (path: string): string | null => moved(path, mount, prefix);
  const inner = (path: string): string | null => moved(path, prefix, mount);
  const place = (path: string): string | null => {
    const from = outer(path);
    const to = from === null ? null : tree.realPath(from);
    return to !== null && inner(to) !== null ? to : null;
  };
  const at = <T>(path: string, read: (path: string) => T, otherwise: T): T => {
    const found = place(path);
    return found === null ? otherwise : read(found);
  };
  return {
    where: tree.where,
    live: false,
    readText: (path) => at<string | null>(path, (p) => tree.readText(p), null),
    readBytes: (path) => at<Uint8Array | null>(path, (p) => tree.readBytes(p), null),
    list: (path) => at<readonly string[]>(path, (p) => tree.list(p), []),
    realPath: (path) => at<string | null>(path, inner, null),
    readLink(path) {
      const from = outer(path);
      return from === null ? null : tree.readLink(from);
    },
  };
}

/** Moves a path from below `from` to below `to`; null where it is not below `from`. */
function moved(path: string, from: string, to: string): string | null {
  if (path === from || (from === "" && path === "/")) return to === "" ? "/" : to;
  return path.startsWith(`${from}/`) ? to + path.slice(from.length) : null;
}

/** The only machine in a tree. Errors: `tree-empty`, or `archive-ambiguous` with all machines. */
export function onlyMachine(tree: Tree): Tree {
  const [root, ...others] = findRoots(tree);
  if (root === undefined) {
    throw new EvenkeelError("tree-empty", "holds no recorded machine", {
      where: tree.where,
      expected: "sys/devices/system/cpu, at the top or in a directory",
    });
  }
  if (others.length === 0) return subtree(tree, root);
  const paths = [root, ...others].map(({ path }) => path);
  throw new EvenkeelError("archive-ambiguous", `holds ${paths.length} recorded machines`, {
    where: tree.where,
    expected: "one machine",
    remedy: `name one of them, as in ${tree.where}#${paths[0] ?? ""}: ${paths.slice(0, 8).join(", ")}`,
  });
}
