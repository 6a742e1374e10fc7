import { type Entry, joined, parentOf, resolve } from "../tree/resolve.ts";
import type { Tree } from "../tree/tree.ts";

/** Everything that was read from a tree, enough to read it again. All paths are the tree's. */
export interface Recording {
  readonly files: ReadonlyMap<string, Uint8Array>;
  readonly links: ReadonlyMap<string, string>;
  /** Every directory on the way to a file, and every directory in a listing. */
  readonly directories: ReadonlySet<string>;
}

/**
 * Wraps a tree and records everything that is read through it: each file, each link on the way to
 * it, and the names in each listed directory. Files that readers do not ask for are not recorded,
 * and none that they ask for is missed.
 *
 * Each call costs as much as on the wrapped tree, and one more look-up for each new directory on
 * its way.
 */
export function recordingTree(tree: Tree): { readonly tree: Tree; readonly recording: Recording } {
  const files = new Map<string, Uint8Array>();
  const links = new Map<string, string>();
  const directories = new Set<string>();

  const entryAt = (path: string): Entry | null => {
    if (directories.has(path)) return "directory";
    // This link differs for each reading process, so it is not kept.
    const link = path === "/proc/self" ? null : (links.get(path) ?? tree.readLink(path));
    if (link !== null) {
      links.set(path, link);
      return { link };
    }
    // A path is a directory if its `..` resolves. At the top of a tree it does not; there, a
    // directory is recognized by its entries.
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
