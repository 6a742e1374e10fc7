import type { Tree } from "./tree.ts";

/**
 * Adds a folder of files to a tree that has no such folder: the outputs of this machine's tools,
 * beside the kernel's files. The folder has only the given files.
 *
 * @param folder absolute, such as `/evenkeel`.
 * @param files by name within the folder.
 */
export function overlayTree(tree: Tree, folder: string, files: ReadonlyMap<string, string>): Tree {
  const nameIn = (path: string): string | null =>
    path.startsWith(`${folder}/`) ? path.slice(folder.length + 1) : null;
  const isThere = (path: string): boolean => path === folder || files.has(nameIn(path) ?? "");
  return {
    ...tree,
    where: tree.where,
    live: tree.live,
    readText: (path) => {
      const name = nameIn(path);
      return name === null ? tree.readText(path) : (files.get(name) ?? null);
    },
    readBytes: (path) => {
      const name = nameIn(path);
      if (name === null) return tree.readBytes(path);
      const text = files.get(name);
      return text === undefined ? null : new TextEncoder().encode(text);
    },
    list: (path) => (path === folder ? [...files.keys()].toSorted() : tree.list(path)),
    readLink: (path) => (nameIn(path) === null ? tree.readLink(path) : null),
    realPath: (path) => (isThere(path) ? path : nameIn(path) === null ? tree.realPath(path) : null),
  };
}
