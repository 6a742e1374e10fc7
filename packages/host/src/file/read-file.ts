import {
  closeSync,
  constants,
  existsSync,
  fstatSync,
  openSync,
  readdirSync,
  readSync,
  type Stats,
  statSync,
} from "node:fs";
import { basename, dirname, join } from "node:path";
import { formatBytes, KiB } from "@evenkeel/core/unit/bytes.ts";
import { didYouMean } from "@evenkeel/core/text/did-you-mean.ts";
import { shellWord } from "@evenkeel/core/text/shell.ts";
import { EvenkeelError } from "@evenkeel/core/error/evenkeel-error.ts";

import { isPipe, readPipe } from "./read-pipe.ts";

/** What the caller requires of a file that a user named. */
export interface FileDemand {
  /** A larger file is refused, before it is read where its size is known. */
  readonly maxBytes: number;
  /** What the file should be, for the message: `an hwloc XML export`. */
  readonly expected: string;
  /**
   * Whether a pipe will do, which is waited for within bounds. Only for what a user names as an
   * input: files of ours are regular ones.
   */
  readonly pipes?: boolean;
}

/**
 * Reads a whole file that a user named, at most `maxBytes` of it. Only regular files are opened,
 * because a device has no end, and opening one may have side effects; and pipes, where the caller
 * takes them (`read-pipe.ts`). Without pipes it never waits.
 *
 * Errors: `file-missing`, `file-unreadable`, `file-too-large`.
 */
export function readFileBytes(path: string, demand: FileDemand): Uint8Array {
  if (demand.pipes === true && isPipe(path))
    return attempt(path, demand, () => readPipe(path, demand));
  return withFile(path, demand, (file, { size }) => readAll(path, file, size, demand));
}

/** Reads the first bytes of a file to find out what it is; fewer where the file is shorter. */
export function readFileStart(path: string, length: number, demand: FileDemand): Uint8Array {
  return withFile(path, demand, (file) => {
    const start = new Uint8Array(length);
    return start.subarray(0, readSync(file, start));
  });
}

/**
 * Reads a text file that a user named; a byte order mark is dropped.
 * Errors: as `readFileBytes`, and `text-malformed` where it is not UTF-8.
 */
export function readFileText(path: string, demand: FileDemand): string {
  return decodeText(readFileBytes(path, demand), path, demand.expected);
}

/** Like `readFileText`, of a file that the caller has opened. Errors: as `readFileText`. */
export function readOpenText(file: number, path: string, demand: FileDemand): string {
  const stats = fstatSync(file);
  requireRegular(path, stats, demand);
  const bytes = attempt(path, demand, () => readAll(path, file, stats.size, demand));
  return decodeText(bytes, path, demand.expected);
}

/**
 * Decodes UTF-8, and UTF-16 with its byte order mark, which PowerShell writes. Anything else is
 * refused with the line that it is on.
 */
export function decodeText(bytes: Uint8Array, where: string, expected: string): string {
  const [first, second] = bytes;
  if (first === 0xff && second === 0xfe) return new TextDecoder("utf-16le").decode(bytes);
  if (first === 0xfe && second === 0xff) return new TextDecoder("utf-16be").decode(bytes);
  try {
    return new TextDecoder("utf-8", { fatal: true }).decode(bytes);
  } catch (cause) {
    const readable = new TextDecoder("utf-8").decode(bytes);
    const line = readable.slice(0, readable.indexOf("\uFFFD")).split("\n").length;
    throw new EvenkeelError("text-malformed", `line ${line} is not UTF-8 text`, {
      where,
      expected,
      remedy: "if it is text in another encoding, convert it with iconv -t UTF-8",
      cause,
    });
  }
}

function withFile<T>(path: string, demand: FileDemand, read: (file: number, stats: Stats) => T): T {
  const before = attempt(path, demand, () => statSync(path));
  requireRegular(path, before, demand);
  // The path may become something else between stat and open: open without blocking, and check
  // again.
  const flags = constants.O_RDONLY | constants.O_NONBLOCK;
  const file = attempt(path, demand, () => openSync(path, flags));
  try {
    const stats = fstatSync(file);
    requireRegular(path, stats, demand);
    return attempt(path, demand, () => read(file, stats));
  } finally {
    closeSync(file);
  }
}

/** Reads until the end of the file: files in /proc report size 0, and any file may grow. */
function readAll(path: string, file: number, size: number, demand: FileDemand): Uint8Array {
  const chunks: Uint8Array[] = [];
  let total = 0;
  for (;;) {
    const room = demand.maxBytes + 1 - total;
    if (room <= 0) throw tooLarge(path, `it has more than ${formatBytes(demand.maxBytes)}`, demand);
    const chunk = new Uint8Array(Math.min(room, Math.max(64 * KiB, size + 1 - total)));
    const length = readSync(file, chunk);
    if (length === 0) break;
    chunks.push(chunk.subarray(0, length));
    total += length;
  }
  const [only] = chunks;
  return chunks.length === 1 && only !== undefined ? only : new Uint8Array(Buffer.concat(chunks));
}

function requireRegular(path: string, stats: Stats, { maxBytes, expected }: FileDemand): void {
  if (!stats.isFile()) {
    throw new EvenkeelError("file-unreadable", `is ${kindOf(stats)}, not a regular file`, {
      where: path,
      expected,
      ...remedyFor(path, stats),
    });
  }
  if (stats.size > maxBytes) {
    throw tooLarge(path, `it has ${formatBytes(stats.size)}`, { maxBytes, expected });
  }
}

/** What to do about a path that is no regular file. */
function remedyFor(path: string, stats: Stats): { readonly remedy?: string } {
  if (!stats.isDirectory()) return { remedy: "write its content to a file and name that" };
  const inside = namesIn(path).find((name) => /\.(?:ya?ml|json)$/i.test(name));
  return inside === undefined ? {} : { remedy: `name a file in it, such as ${join(path, inside)}` };
}

const NAMES_MAX = 2000;

/** The names in a directory, sorted; none where it cannot be read or has very many. */
function namesIn(directory: string): readonly string[] {
  try {
    const names = readdirSync(directory);
    return names.length > NAMES_MAX ? [] : names.toSorted();
  } catch {
    return [];
  }
}

/** What to do about a file that is not there: a name beside it that is nearly the same. */
function missingRemedy(path: string): string {
  if (/^\/(?:dev|proc\/self)\/fd\/\d+$/.test(path)) {
    return "sudo and npx pass no <(…) on: pipe it in, and name - for standard input";
  }
  if (/(?:^|\/)~\w*\//.test(path)) return "only a shell knows what ~ is: write the whole path";
  const directory = dirname(path);
  const names = namesIn(directory);
  // `vm` is `vm.yaml` rather than `vms`.
  const ended = names.filter((name) => name.startsWith(`${basename(path)}.`));
  const near = ended.length === 1 ? (ended[0] ?? null) : didYouMean(basename(path), names);
  if (near !== null) return `did you mean ${path.includes("/") ? join(directory, near) : near}?`;
  if (/[*?]/.test(basename(path))) return "no pattern is read here: name the file, without * and ?";
  return existsSync(directory)
    ? `see what is there: ls ${shellWord(directory)}`
    : `the folder ${directory} is not there either`;
}

function kindOf(stats: Stats): string {
  if (stats.isDirectory()) return "a directory";
  if (stats.isFIFO()) return "a FIFO";
  if (stats.isSocket()) return "a socket";
  return "a device";
}

function tooLarge(path: string, found: string, { maxBytes, expected }: FileDemand): EvenkeelError {
  return new EvenkeelError("file-too-large", `is too large: ${found}`, {
    where: path,
    expected: `${expected}, which has at most ${formatBytes(maxBytes)}`,
  });
}

/** Runs one step of reading and turns the system's error into a coded one. */
function attempt<T>(path: string, { expected }: FileDemand, step: () => T): T {
  try {
    return step();
  } catch (cause) {
    if (cause instanceof EvenkeelError || !(cause instanceof Error)) throw cause;
    const detail = { where: path, expected, cause };
    const code = "code" in cause ? cause.code : undefined;
    switch (code) {
      case "ENOENT":
      case "ENOTDIR":
        throw new EvenkeelError("file-missing", "there is no such file", {
          ...detail,
          remedy: missingRemedy(path),
        });
      case "EACCES":
      case "EPERM":
        throw new EvenkeelError("file-unreadable", "may not be read", {
          ...detail,
          remedy: "ask its owner for permission to read it, or run as a user who has it",
        });
      case "ERR_INVALID_ARG_VALUE":
        throw new EvenkeelError("file-missing", "this is not a valid file name", detail);
      default:
        throw new EvenkeelError("file-unreadable", `cannot be read: ${cause.message}`, detail);
    }
  }
}
