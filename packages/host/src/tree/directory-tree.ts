import {
  closeSync,
  constants,
  fstatSync,
  lstatSync,
  openSync,
  readdirSync,
  readlinkSync,
  readSync,
} from "node:fs";
import { resolve as absolute } from "node:path";
import { EvenkeelError } from "@evenkeel/core/error/evenkeel-error.ts";
import { statsOf } from "../file/stats-of.ts";
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
 * Larger than any file that is read: the longest are /proc/cpuinfo, at one and a half kilobytes per
 * CPU, and device attributes, which the kernel limits to a page.
 */
export const fileBytesMax = 16 * 1024 * 1024;

/** This machine. */
export function liveTree(): Tree {
  return treeBelow("/", true);
}

/**
 * A recorded machine in a directory. Errors: `file-missing` where there is no such directory, and
 * `file-too-large` when a file beyond the limit is read.
 *
 * Directories and links are cached: a Tree is one reading. To see later changes, make a new Tree.
 */
export function directoryTree(root: string): Tree {
  if (statsOf(root)?.isDirectory() !== true) {
    throw new EvenkeelError("file-missing", `${root} is no directory that can be read`, {
      where: root,
      expected: "a directory that holds a machine's sys and proc",
    });
  }
  return treeBelow(absolute(root), false);
}

/** Shared by all reads, because thousands of small files are read. */
const decoder = new TextDecoder();
const scratch = new Uint8Array(65_536);

function treeBelow(root: string, live: boolean): Tree {
  // Paths in a tree are absolute and in their shortest form.
  const prefix = root === "/" ? "" : root;
  const seen = new Map<string, Entry>();
  const entryAt = (path: string): Entry | null => {
    const known = seen.get(path);
    if (known !== undefined) return known;
    const entry = lookUp(prefix + path);
    if (entry !== null && entry !== "file") seen.set(path, entry);
    return entry;
  };
  // Resolved directories: many files of one directory are read, and the way there is resolved once.
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
    // A link may lead anywhere, and the links on its way are counted, so resolve from the start.
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
    // No permission, an invalid name, or a device that is gone: all count as absent.
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
 * Reads until the end of the file, because sysfs reports a page as the size and procfs reports
 * none. The file is opened without following a link or waiting for a pipe, and checked once more:
 * it may have been replaced since the last look-up.
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
