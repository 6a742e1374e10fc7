import { type Entry, joined, parentOf, resolve } from "../tree/resolve.ts";
import type { Tree } from "../tree/tree.ts";

/** What was asked of a tree, enough to answer the same again. All paths are the tree's. */
export interface Recording {
  readonly files: ReadonlyMap<string, Uint8Array>;
  readonly links: ReadonlyMap<string, string>;
  /** Every directory on the way, and those that a listing named. */
  readonly directories: ReadonlySet<string>;
}

/**
 * A tree that answers as another does and keeps what it was asked for: each file, each link on the
 * way to it, and the names in each directory that was listed. What readers do not ask for is not
 * recorded, and what they ask for cannot be forgotten.
 *
 * A question costs what it costs the other tree, and once for each new directory on its way.
 */
export function recordingTree(tree: Tree): { readonly tree: Tree; readonly recording: Recording } {
  const files = new Map<string, Uint8Array>();
  const links = new Map<string, string>();
  const directories = new Set<string>();

  const entryAt = (path: string): Entry | null => {
    if (directories.has(path)) return "directory";
    // This link leads to whatever process asks, and is nothing to keep.
    const link = path === "/proc/self" ? null : (links.get(path) ?? tree.readLink(path));
    if (link !== null) {
      links.set(path, link);
      return { link };
    }
    // Only a directory has a directory above it that can be reached through it; of the topmost one
    // in a tree, what it holds tells.
    if (tree.realPath(joined(path, "..")) !== null || tree.list(path).length > 0) {
      directories.add(path);
      return "directory";
    }
    return tree.realPath(path) === null ? null : "file";
  };

  const recorded = <T>(path: string, answer: T): T => {
    resolve(path, entryAt);
    return answer;
  };
  const readBytes = (path: string): Uint8Array | null => {
    const place = resolve(path, entryAt);
    const bytes = tree.readBytes(path);
    if (place !== null && bytes !== null) files.set(place.path, bytes);
    return bytes;
  };
  const recorder: Tree = {
    where: tree.where,
    live: tree.live,
    readBytes,
    readText(path) {
      const bytes = readBytes(path);
      return bytes === null ? null : new TextDecoder().decode(bytes);
    },
    list(path) {
      const names = tree.list(path);
      const place = resolve(path, entryAt);
      if (place !== null) for (const name of names) entryAt(joined(place.path, name));
      return names;
    },
    realPath: (path) => recorded(path, tree.realPath(path)),
    readLink(path) {
      const parent = resolve(parentOf(path), entryAt);
      if (parent !== null) entryAt(joined(parent.path, path.slice(path.lastIndexOf("/") + 1)));
      return tree.readLink(path);
    },
  };
  return { tree: recorder, recording: { files, links, directories } };
}
