import {
  chmodSync,
  copyFileSync,
  lstatSync,
  lutimesSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { dirname, join, relative } from "node:path";
import { gzipSync } from "node:zlib";
import { hexDigest } from "./checksums.ts";

/**
 * The tree of files of a Debian package, written so that the same files make the same package:
 * modes are 0644 and 0755, and all times are one.
 */
export interface DebTree {
  readonly folder: string;
  readonly write: (path: string, text: string | Uint8Array) => void;
  /** Writes it as a manual page or a changelog is in Debian: `gzip -9n`. */
  readonly writeGzipped: (path: string, text: string | Uint8Array) => void;
  readonly copy: (from: string, path: string) => void;
  readonly makeFolder: (path: string) => void;
  readonly link: (path: string, target: string) => void;
}

export function debTree(folder: string): DebTree {
  const made = (path: string): string => {
    const place = join(folder, path);
    mkdirSync(dirname(place), { recursive: true });
    return place;
  };
  const write: DebTree["write"] = (path, text) => writeFileSync(made(path), text);
  return {
    folder,
    write,
    writeGzipped: (path, text) => write(`${path}.gz`, gzipSync(text, { level: 9 })),
    copy: (from, path) => copyFileSync(from, made(path)),
    makeFolder: (path) => void mkdirSync(join(folder, path), { recursive: true }),
    link: (path, target) => symlinkSync(target, made(path)),
  };
}

/** Every file below a folder, as seen from it, in the order of their names. */
export function filesBelow(folder: string): readonly string[] {
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => !entry.isDirectory())
    .map(({ parentPath, name }) => relative(folder, join(parentPath, name)))
    .toSorted();
}

/** Gives all files and folders their modes and the one time, and returns their size in KiB. */
export function settle(folder: string, executables: ReadonlySet<string>, epoch: number): number {
  let kib = 0;
  const all = readdirSync(folder, { recursive: true, withFileTypes: true });
  const paths = all.map(({ parentPath, name }) => join(parentPath, name)).toSorted();
  for (const path of [...paths.toReversed(), folder]) {
    const stats = lstatSync(path);
    if (stats.isDirectory()) chmodSync(path, 0o755);
    else if (stats.isFile()) {
      chmodSync(path, executables.has(relative(folder, path)) ? 0o755 : 0o644);
    }
    lutimesSync(path, epoch, epoch);
    kib += stats.isFile() ? Math.ceil(stats.size / 1024) : 1;
  }
  return kib;
}

/** `md5sums` of a package: the checksum of each of its files. */
export function md5sums(folder: string, paths: readonly string[]): string {
  return paths
    .filter((path) => lstatSync(join(folder, path)).isFile())
    .map((path) => `${hexDigest("md5", readFileSync(join(folder, path)))}  ${path}\n`)
    .join("");
}
