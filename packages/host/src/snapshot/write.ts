import { promisify } from "node:util";
import { gzip } from "node:zlib";
import { packTar, type TarEntry } from "modern-tar";
import { EvenkeelError } from "@evenkeel/core/error/evenkeel-error.ts";
import { refuseOtherThanFile, writeWholeFile } from "../file/write-file.ts";
import type { Tree } from "../tree/tree.ts";
import { gather } from "./gather.ts";
import type { Recording } from "./recording.ts";
import type { RecordingOptions } from "./serials.ts";

/** A snapshot that was written. */
export interface Snapshot {
  readonly path: string;
  readonly bytes: number;
  /** The number of the machine's files in it. */
  readonly files: number;
}

/**
 * Records a machine in a tar that reads like the machine; gzipped when its name ends in `.gz` or
 * `.tgz`. The same machine in the same state gives the same bytes. The file appears whole or not at
 * all, and a previous file stays until then. Where something else than a file has the name, nothing
 * is read.
 *
 * Errors: those of `readSysfs`, and `file-unwritable`.
 */
export async function writeSnapshot(
  tree: Tree,
  path: string,
  options: RecordingOptions = { withSerials: false },
): Promise<Snapshot> {
  const compress = compressionFor(path);
  await refuseOtherThanFile(path);
  const recording = gather(tree, options);
  const tar = await packTar(entriesOf(recording));
  const bytes = compress ? await promisify(gzip)(tar, { level: 9 }) : tar;
  await writeWholeFile(path, bytes);
  return { path, bytes: bytes.length, files: recording.files.size };
}

function compressionFor(path: string): boolean {
  if (/\.(bz2|tbz2?|xz|txz|zst)$/.test(path)) {
    throw new EvenkeelError("file-unwritable", "a snapshot is a tar, plain or gzipped", {
      where: path,
      expected: "a name that ends in .tar or .tar.gz",
    });
  }
  return /\.(gz|tgz)$/.test(path);
}

/** The tar's entries in the order of their paths, so that directories come before their entries. */
function entriesOf({ files, links, directories }: Recording): TarEntry[] {
  const entries: TarEntry[] = [];
  const shared = { mtime: new Date(0), uid: 0, gid: 0, uname: "", gname: "" };
  for (const path of directories) {
    if (path === "/") continue;
    const name = `${path.slice(1)}/`;
    entries.push({ header: { ...shared, name, type: "directory", mode: 0o755, size: 0 } });
  }
  for (const [path, linkname] of links) {
    const header = { ...shared, name: path.slice(1), type: "symlink", linkname } as const;
    entries.push({ header: { ...header, mode: 0o777, size: 0 } });
  }
  for (const [path, body] of files) {
    const header = { ...shared, name: path.slice(1), type: "file", mode: 0o644 } as const;
    entries.push({ header: { ...header, size: body.length }, body });
  }
  return entries.toSorted((a, b) => (a.header.name < b.header.name ? -1 : 1));
}
