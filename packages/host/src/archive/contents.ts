import { formatBytes } from "@evenkeel/core/unit/bytes.ts";
import type { ParsedTarEntry } from "modern-tar";
import { checkLink, entryPath, linkedPath } from "./entry-path.ts";
import type { ArchiveLimits } from "./limits.ts";
import { malformed, quoted, tooLarge } from "./refusals.ts";

/** The entries read from an archive so far. All paths are those of the tree. */
export interface Contents {
  readonly where: string;
  readonly limits: ArchiveLimits;
  readonly files: Map<string, Uint8Array>;
  readonly links: Map<string, string>;
  /** Directories that have an entry of their own, and the parents of all entries. */
  readonly directories: Set<string>;
  /** Files that are too large to be anything that Evenkeel reads. */
  readonly skipped: Set<string>;
  entries: number;
  keptBytes: number;
}

export function emptyContents(where: string, limits: ArchiveLimits): Contents {
  return {
    where,
    limits,
    files: new Map(),
    links: new Map(),
    directories: new Set(["/"]),
    skipped: new Set(),
    entries: 0,
    keptBytes: 0,
  };
}

/** Adds one entry with its content. A later entry of the same name replaces an earlier one. */
export async function addEntry(contents: Contents, entry: ParsedTarEntry): Promise<void> {
  const { where, limits, files, links, directories } = contents;
  const { name, size, linkname = "", type = "file", pax } = entry.header;
  countEntry(contents);
  if (name.length > limits.pathBytes || linkname.length > limits.pathBytes) {
    throw malformed(`entry ${quoted(name)} is longer than any path`, where);
  }
  keep(contents, name.length + linkname.length);
  const path = entryPath(name, where);
  addDirectoriesAbove(contents, path);
  if (pax?.["GNU.sparse.major"] !== undefined) {
    if (mayDescribeMachine(path)) {
      throw malformed(`entry ${quoted(name)} is stored sparsely`, where, {
        remedy: "record the machine again, without tar's option --sparse",
      });
    }
    contents.skipped.add(path);
    await entry.body.cancel();
    return;
  }
  switch (type) {
    case "file":
      await addFile(contents, path, size, entry.body);
      break;
    case "symlink":
      checkLink(path, linkname, where);
      files.delete(path);
      links.set(path, linkname);
      break;
    case "link":
      addHardLink(contents, path, linkname);
      break;
    case "directory":
      directories.add(path);
      break;
    // Devices and FIFOs have nothing to read, and headers are no entries of their own.
    case "character-device":
    case "block-device":
    case "fifo":
    case "pax-header":
    case "pax-global-header":
    case "gnu-long-name":
    case "gnu-long-link-name":
      break;
  }
}

/** Support bundles also hold logs and other files, which are not read. */
function mayDescribeMachine(path: string): boolean {
  return /\/(sys|proc|devices|evenkeel)\//.test(path);
}

function countEntry(contents: Contents): void {
  if (++contents.entries > contents.limits.entries) {
    throw tooLarge(`it has more than ${contents.limits.entries} entries`, contents.where);
  }
}

/** Counts memory against the limit before it is kept. */
function keep(contents: Contents, bytes: number): void {
  const { limits, where } = contents;
  contents.keptBytes += bytes;
  if (contents.keptBytes > limits.keptBytes) {
    throw tooLarge(`it holds more than ${formatBytes(limits.keptBytes)}`, where);
  }
}

/**
 * Parent directories count as entries: long names may imply far more of them than there are
 * entries.
 */
function addDirectoriesAbove(contents: Contents, path: string): void {
  let above = path.slice(0, path.lastIndexOf("/"));
  while (above !== "" && !contents.directories.has(above)) {
    countEntry(contents);
    contents.directories.add(above);
    above = above.slice(0, above.lastIndexOf("/"));
  }
}

async function addFile(
  contents: Contents,
  path: string,
  size: number,
  body: ParsedTarEntry["body"],
): Promise<void> {
  if (size > contents.limits.expandedBytes) {
    const found = `its entry ${quoted(path.slice(1))} has ${formatBytes(size)}`;
    throw tooLarge(found, contents.where);
  }
  if (size > contents.limits.entryBytes) {
    contents.skipped.add(path);
    await body.cancel();
    return;
  }
  const chunks: Uint8Array[] = [];
  for await (const chunk of body) chunks.push(chunk);
  const content = unpadded(chunks);
  keep(contents, content.length);
  contents.links.delete(path);
  contents.files.set(path, content);
}

/** Adds a hard link: a second name for an earlier entry. */
function addHardLink(
  { where, files, links, skipped }: Contents,
  path: string,
  linkname: string,
): void {
  const to = linkedPath(path, linkname, where);
  const content = files.get(to);
  const link = links.get(to);
  if (content !== undefined) files.set(path, content);
  else if (link !== undefined) links.set(path, link);
  else if (!skipped.has(to)) {
    const names = `${quoted(path.slice(1))} is a hard link to ${quoted(to.slice(1))}`;
    throw malformed(`entry ${names}, which is not in the archive`, where);
  }
}

const pageBytes = 4096;

/**
 * Copies the content out of the archive's buffers, without tar's padding. sysfs reports a size of
 * one page for every attribute; tar believes it and fills the rest with zeros. Zeros are removed
 * where the size is a multiple of a page and everything after the first zero is zeros. Binary
 * attributes have zeros between other bytes and stay whole.
 */
function unpadded(chunks: readonly Uint8Array[]): Uint8Array {
  const [only] = chunks;
  const whole = chunks.length === 1 && only !== undefined ? only : Buffer.concat(chunks);
  const end = whole.length > 0 && whole.length % pageBytes === 0 ? whole.indexOf(0) : -1;
  const padded = end >= 0 && whole.subarray(end).every((byte) => byte === 0);
  return Buffer.from(padded ? whole.subarray(0, end) : whole);
}
