import { type Entry, isPath, linkAt, nameOf, parentOf, resolve } from "./resolve.ts";
import type { Tree } from "./tree.ts";

/**
 * A tree in memory, from an archive or a test. Keys are absolute paths without links in them. A
 * directory exists if it has an entry or is listed itself. If a path is given twice, a link takes
 * precedence over a file, and a file over a directory.
 */
export function memoryTree(
  files: ReadonlyMap<string, string | Uint8Array>,
  links: ReadonlyMap<string, string>,
  where: string,
  directories: Iterable<string> = [],
): Tree {
  const children = childrenByDirectory([files.keys(), links.keys()], directories);
  const entryAt = (path: string): Entry | null => {
    const link = links.get(path);
    if (link !== undefined) return { link };
    if (files.has(path)) return "file";
    return children.has(path) ? "directory" : null;
  };
  const contentAt = (path: string): string | Uint8Array | null => {
    const place = resolve(path, entryAt);
    return place?.entry === "file" ? (files.get(place.path) ?? null) : null;
  };
  return {
    where,
    live: false,
    readText(path) {
      const content = contentAt(path);
      return content instanceof Uint8Array ? new TextDecoder().decode(content) : content;
    },
    readBytes(path) {
      const content = contentAt(path);
      return typeof content === "string" ? new TextEncoder().encode(content) : content;
    },
    list(path) {
      const place = resolve(path, entryAt);
      return place?.entry === "directory" ? [...(children.get(place.path) ?? [])].toSorted() : [];
    },
    realPath: (path) => resolve(path, entryAt)?.path ?? null,
    readLink: (path) => linkAt(path, entryAt),
  };
}

/** The entries of every directory on the paths, the root included. */
function childrenByDirectory(
  paths: readonly Iterable<string>[],
  directories: Iterable<string>,
): ReadonlyMap<string, ReadonlySet<string>> {
  const children = new Map<string, Set<string>>([["/", new Set()]]);
  const addTo = (directory: string): Set<string> => {
    const known = children.get(directory);
    if (known !== undefined) return known;
    const names = new Set<string>();
    children.set(directory, names);
    addTo(parentOf(directory)).add(nameOf(directory));
    return names;
  };
  for (const group of paths) {
    for (const path of group) if (isPath(path)) addTo(parentOf(path)).add(nameOf(path));
  }
  for (const directory of directories) if (isPath(directory)) addTo(directory);
  return children;
}
