import { EvenkeelError } from "@evenkeel/core/error/evenkeel-error.ts";
import { joined } from "./resolve.ts";
import type { Tree } from "./tree.ts";

/**
 * Where in a tree a machine lies. People record `/sys` and `/proc` below a directory with the
 * machine's name, several machines in one archive, or start inside `/sys` itself.
 */
export interface Root {
  readonly path: string;
  /** The directory of the machine that the path stands for. */
  readonly standsFor: "/" | "/sys" | "/sys/devices" | "/sys/devices/system";
}

/** Recordings put a machine a few directories deep; below that we do not go looking. */
const depthMax = 6;
/** A directory that is not a recording may hold anything; looking through it must end. */
const directoriesMax = 4096;
/** What lies below a machine's root and holds no other machine. */
const systemDirectories: ReadonlySet<string> = new Set(["sys", "proc", "dev", "run"]);

/**
 * Every recorded machine in a tree, by path: the directories that hold `sys/devices/system/cpu`, or
 * `devices/system/cpu` where the recording starts inside `/sys`, and so on. Breadth first, and not below a
 * machine that was found; the cost is one listing for each directory on the way. Where there is none,
 * those of which at least `proc/cpuinfo` was recorded.
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
        // A link would lead to what is found elsewhere, or round in a circle.
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
  // Directories of these names are common: only what the kernel puts there tells.
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

/** The machine at a root, as a tree of its own: a link that leaves it leads nowhere. */
export function subtree(tree: Tree, root: Root): Tree {
  if (root.path === "/" && root.standsFor === "/") return tree;
  // Paths on either side of the mount point, with the other side's name for it.
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

/** A path below one place as a path below another; null when it is not below the first. */
function moved(path: string, from: string, to: string): string | null {
  if (path === from || (from === "" && path === "/")) return to === "" ? "/" : to;
  return path.startsWith(`${from}/`) ? to + path.slice(from.length) : null;
}

/** The one machine in a tree. Refuses with `tree-empty`, or `archive-ambiguous` naming them all. */
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
