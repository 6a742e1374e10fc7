/**
 * Resolves symbolic links itself instead of leaving them to the operating system. So a recording
 * reads the same from a directory, from an archive and from memory, and no link can lead out of it:
 * an absolute target starts at the tree's root, `..` above the root leads nowhere, and a loop ends
 * after as many links as Linux allows.
 *
 * One step for each name of the path and of the links on its way.
 */

/** The entry at a path that has no links above its last name. */
export type Entry = { readonly link: string } | "file" | "directory";

export type EntryAt = (path: string) => Entry | null;

/** A path with every link resolved, and its entry. */
export interface Place {
  readonly path: string;
  readonly entry: "file" | "directory";
}

/** MAXSYMLINKS in the kernel's include/linux/namei.h. */
const linksMax = 40;
/** PATH_MAX: a longer link cannot exist, and nobody records a longer path. */
const pathMax = 4096;

/** Joins a directory and a name without a double slash. */
export function joined(parent: string, name: string): string {
  return parent === "/" ? `/${name}` : `${parent}/${name}`;
}

/** Whether the text can be a path in a tree. */
export function isPath(text: string): boolean {
  return text.startsWith("/") && text.length <= pathMax;
}

export function parentOf(path: string): string {
  return path.slice(0, Math.max(1, path.lastIndexOf("/")));
}

export function nameOf(path: string): string {
  return path.slice(path.lastIndexOf("/") + 1);
}

/** Resolves every link of the path; null where it leads nowhere. */
export function resolve(path: string, entryAt: EntryAt): Place | null {
  const found = walk(path, entryAt, true);
  return found === null || typeof found.entry === "object"
    ? null
    : { path: found.path, entry: found.entry };
}

/** The target text of the link at the path, which is not followed; null where it is not a link. */
export function linkAt(path: string, entryAt: EntryAt): string | null {
  const found = walk(path, entryAt, false);
  return found !== null && typeof found.entry === "object" ? found.entry.link : null;
}

function walk(
  path: string,
  entryAt: EntryAt,
  followLast: boolean,
): { readonly path: string; readonly entry: Entry } | null {
  if (path.length > pathMax) return null;
  let at = "/";
  let entry: Entry = "directory";
  let links = 0;
  const pending = names(path).toReversed();
  for (let name = pending.pop(); name !== undefined; name = pending.pop()) {
    if (entry !== "directory") return null;
    if (name === "..") {
      if (at === "/") return null;
      at = parentOf(at);
      continue;
    }
    const next = joined(at, name);
    const there = entryAt(next);
    if (there === null || next.length > pathMax) return null;
    if (typeof there === "object" && (followLast || pending.length > 0)) {
      links++;
      if (links > linksMax || there.link.length > pathMax) return null;
      if (there.link.startsWith("/")) at = "/";
      pending.push(...names(there.link).toReversed());
      continue;
    }
    at = next;
    entry = there;
  }
  return { path: at, entry };
}

function names(path: string): string[] {
  return path.split("/").filter((name) => name !== "" && name !== ".");
}
