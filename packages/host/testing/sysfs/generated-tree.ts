import { mkdirSync, symlinkSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { memoryTree } from "../../src/tree/memory-tree.ts";
import { parentOf } from "../../src/tree/resolve.ts";
import type { Tree } from "../../src/tree/tree.ts";

/** Files and links of a machine's `/sys` and `/proc`, by absolute path. */
export interface GeneratedTree {
  readonly files: Map<string, string | Uint8Array>;
  readonly links: Map<string, string>;
}

export function emptyTree(): GeneratedTree {
  return { files: new Map(), links: new Map() };
}

/** The value in sysfs for an unknown node or package. */
export const unknownIndex = -1;

/** Attributes of sysfs are lines. */
export function addLine(tree: GeneratedTree, path: string, value: string | number): void {
  tree.files.set(path, `${value}\n`);
}

/** A link as in sysfs: relative to the directory that it is in. */
export function addLink(tree: GeneratedTree, path: string, target: string): void {
  const from = parentOf(path).split("/").slice(1);
  const to = target.split("/").slice(1);
  let common = 0;
  while (common < to.length - 1 && from[common] === to[common]) common++;
  const up = from.slice(common).map(() => "..");
  tree.links.set(path, [...up, ...to.slice(common)].join("/"));
}

export function inMemory({ files, links }: GeneratedTree, where = "generated"): Tree {
  return memoryTree(files, links, where);
}

/** Writes the tree below a directory, for programs that read one there. */
export function writeBelow(folder: string, { files, links }: GeneratedTree): void {
  const made = new Set<string>();
  const makeFor = (path: string): string => {
    const full = join(folder, path);
    if (!made.has(dirname(full))) mkdirSync(dirname(full), { recursive: true });
    made.add(dirname(full));
    return full;
  };
  for (const [path, content] of files) writeFileSync(makeFor(path), content);
  for (const [path, link] of links) symlinkSync(link, makeFor(path));
}
