import {
  closeSync,
  constants,
  fstatSync,
  lstatSync,
  openSync,
  readdirSync,
  readlinkSync,
  readSync,
  statSync,
} from "node:fs";
import { resolve as absolute } from "node:path";
import { EvenkeelError } from "@evenkeel/core/error/evenkeel-error.ts";
import {
  type Entry,
  isPath,
  joined,
  linkAt,
  nameOf,
  parentOf,
  type Place,
  resolve,
} from "./resolve.ts";
import type { Tree } from "./tree.ts";

/**
 * No file that we read is larger by nature: the longest are /proc/cpuinfo, at a kilobyte and a half
 * for each CPU, and device attributes, which the kernel ends at a page.
 */
export const fileBytesMax = 16 * 1024 * 1024;

/** This machine. */
export function liveTree(): Tree {
  return treeBelow("/", true);
}

/**
 * A machine that somebody recorded below a directory. Refuses with `file-missing` where there is no
 * such directory, and with `file-too-large` when a file that is asked for exceeds all bounds.
 *
 * What directories and links are found on the way is remembered: a Tree is one reading. Whoever
 * wants to know what has changed since makes another.
 */
export function directoryTree(root: string): Tree {
  const found = statSync(root, { throwIfNoEntry: false });
  if (found?.isDirectory() !== true) {
    throw new EvenkeelError("file-missing", `${root} is not a directory`, {
      where: root,
      expected: "a directory that holds a machine's sys and proc",
    });
  }
  return treeBelow(absolute(root), false);
}

/** Thousands of small files are read: what each of them needs for a moment is made once. */
const decoder = new TextDecoder();
const scratch = new Uint8Array(65_536);

function treeBelow(root: string, live: boolean): Tree {
  // Paths in a tree start with a slash and are in their shortest form.
  const prefix = root === "/" ? "" : root;
  const seen = new Map<string, Entry>();
  const entryAt = (path: string): Entry | null => {
    const known = seen.get(path);
    if (known !== undefined) return known;
    const entry = lookUp(prefix + path);
    if (entry !== null && entry !== "file") seen.set(path, entry);
    return entry;
  };
  // Many files of one directory are asked for: the way there is walked once.
  const directories = new Map<string, Place>();
  const placeOf = (path: string): Place | null => {
    const name = nameOf(path);
    if (!isPath(path) || name === "" || name === "." || name === "..")
      return resolve(path, entryAt);
    const above = parentOf(path);
    const directory = directories.get(above) ?? resolve(above, entryAt);
    if (directory?.entry !== "directory") return null;
    directories.set(above, directory);
    const at = joined(directory.path, name);
    const entry = entryAt(at);
    // A link may lead anywhere, and how many there are on the way counts.
    if (entry === null) return null;
    return typeof entry === "string" ? { path: at, entry } : resolve(path, entryAt);
  };
  const readBytes = (path: string): Uint8Array | null => {
    const place = placeOf(path);
    return place?.entry === "file" ? readRegularFile(prefix + place.path, path) : null;
  };
  return {
    where: root,
    live,
    readBytes,
    readText(path) {
      const bytes = readBytes(path);
      return bytes === null ? null : decoder.decode(bytes);
    },
    list(path) {
      const place = placeOf(path);
      return place?.entry === "directory" ? namesIn(prefix + place.path) : [];
    },
    realPath: (path) => placeOf(path)?.path ?? null,
    readLink: (path) => linkAt(path, entryAt),
  };
}

function lookUp(path: string): Entry | null {
  try {
    const found = lstatSync(path, { throwIfNoEntry: false });
    if (found === undefined) return null;
    if (found.isSymbolicLink()) return { link: readlinkSync(path) };
    if (found.isDirectory()) return "directory";
    return found.isFile() ? "file" : null;
  } catch {
    // No permission, a name that the system cannot have, a device that went away: all are absent.
    return null;
  }
}

function namesIn(path: string): string[] {
  try {
    return readdirSync(path).toSorted();
  } catch {
    return [];
  }
}

/**
 * Files of sysfs state a page as their size and files of procfs state none, so a file is read until
 * it ends. It is opened without following a link or waiting for a pipe, and looked at once more:
 * what was a file a moment ago may have been exchanged.
 */
function readRegularFile(path: string, asked: string): Uint8Array | null {
  let file: number | null = null;
  try {
    file = openSync(path, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK);
    const found = fstatSync(file);
    if (!found.isFile()) return null;
    let content = scratch;
    let length = 0;
    for (;;) {
      const count = readSync(file, content, length, content.length - length, null);
      if (count === 0) return content.slice(0, length);
      length += count;
      if (length > fileBytesMax) break;
      if (length === content.length) content = extended(content);
    }
  } catch {
    return null;
  } finally {
    if (file !== null) closeSync(file);
  }
  throw new EvenkeelError("file-too-large", `${asked} exceeds ${fileBytesMax} bytes`, {
    where: path,
    expected: "a file as the kernel writes it",
  });
}

function extended(content: Uint8Array): Uint8Array<ArrayBuffer> {
  const larger = new Uint8Array(content.length * 4);
  larger.set(content);
  return larger;
}
