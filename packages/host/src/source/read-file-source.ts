import { EvenkeelError } from "@evenkeel/core/error/evenkeel-error.ts";
import { formatBytes, KiB } from "@evenkeel/core/unit/bytes.ts";
import type { Topology } from "@evenkeel/core/topology/topology.ts";
import { archiveLimits } from "../archive/limits.ts";
import { compressionOf, expanded } from "../archive/expand.ts";
import { startsArchive } from "../archive/starts-archive.ts";
import { decodeText, type FileDemand, readFileBytes, readFileStart } from "../file/read-file.ts";
import { statsOf } from "../file/stats-of.ts";
import { foreignFile } from "./foreign-file.ts";
import { anyTextBytesMax, readAnyText } from "./read-any-text.ts";
import type { SourceOptions } from "./options.ts";
import { textSources } from "./text-sources.ts";

const topologyFile =
  "a Topology document, a tar of /sys and /proc, an export of hwloc, or a tool's output";

/** Reads what a path leads to, by its content and not by its name. */
export async function readPath(path: string, options: SourceOptions): Promise<Topology> {
  const recording = async (): Promise<Topology> => {
    const { readRecording } = await import("./read-recording.ts");
    return readRecording(path, options);
  };
  if (statsOf(path)?.isDirectory() === true) return recording();
  const demand = { maxBytes: anyTextBytesMax, expected: topologyFile };
  const start = startOf(path, topologyFile);
  const text = await compressedText(path, start, demand);
  if (text !== null) return readAnyText(text, path, options);
  return startsArchive(start)
    ? recording()
    : readAnyText(plainFile(path, start, demand), path, options);
}

/** Reads a file, plain or compressed, as the output of one text source. */
export async function readTextFile(
  name: string,
  path: string,
  options: SourceOptions,
): Promise<Topology> {
  const { is, maxBytes } = textSources.get(name) ?? { is: topologyFile, maxBytes: anyTextBytesMax };
  const demand = { maxBytes, expected: is };
  const start = startOf(path, is);
  const text = (await compressedText(path, start, demand)) ?? plainFile(path, start, demand);
  return readAnyText(text, path, options, name);
}

/**
 * Reads what has come through a pipe, as a file with the same content would be read.
 *
 * @param kind the source that was named, a text source or `sysfs`; null if none was.
 */
export async function readContent(
  bytes: Uint8Array,
  where: string,
  kind: string | null,
  options: SourceOptions,
): Promise<Topology> {
  const named = kind === null || kind === "sysfs" ? null : kind;
  const { is, maxBytes } = (named === null ? undefined : textSources.get(named)) ?? {
    is: topologyFile,
    maxBytes: anyTextBytesMax,
  };
  const start = bytes.subarray(0, KiB);
  const demand = { maxBytes, expected: is };
  const text = kind === "sysfs" ? null : await compressedText(where, start, demand, bytes);
  if (text !== null) return readAnyText(text, where, options, named);
  if (kind === "sysfs" || (named === null && startsArchive(start))) {
    const { readRecording } = await import("./read-recording.ts");
    return readRecording(where, options, bytes);
  }
  return readAnyText(plainFile(where, start, demand, bytes), where, options, named);
}

/** The most bytes that a source may have, plain or compressed. */
export const contentBytesMax: number = archiveLimits.fileBytes;

function startOf(path: string, expected: string): Uint8Array {
  return readFileStart(path, KiB, { maxBytes: archiveLimits.fileBytes, expected });
}

/**
 * Errors: those of `readFileText`, and `text-malformed` for an image or another file that is known
 * to be no text.
 */
function plainFile(
  path: string,
  start: Uint8Array,
  demand: FileDemand,
  given: Uint8Array | null = null,
): string {
  const bytes = given ?? readFileBytes(path, demand);
  const foreign = foreignFile(start);
  if (foreign === null) return decodeText(bytes, path, demand.expected);
  throw new EvenkeelError("text-malformed", `is ${foreign.name}`, {
    where: path,
    expected: demand.expected,
    remedy: foreign.instead,
  });
}

/**
 * The text in a compressed file; null where the file is not compressed, or holds something else,
 * such as a tar. No more than the limit is expanded.
 *
 * Errors: those of `readFileBytes`, `file-too-large`, `text-malformed`.
 */
async function compressedText(
  path: string,
  start: Uint8Array,
  { maxBytes, expected }: FileDemand,
  given: Uint8Array | null = null,
): Promise<string | null> {
  if (compressionOf(start) === null) return null;
  const bytes = given ?? readFileBytes(path, { maxBytes: archiveLimits.fileBytes, expected });
  const pieces: Uint8Array[] = [];
  let total = 0;
  try {
    for await (const piece of expanded(bytes)) {
      // A tar has zeros in its first header, and no text has any, but UTF-16.
      if (total === 0 && piece.includes(0) && piece[0] !== 0xff) return null;
      pieces.push(piece);
      total += piece.length;
      if (total > maxBytes) break;
    }
  } catch {
    // The reader of archives says how it is damaged.
    return null;
  }
  if (total <= maxBytes) return decodeText(Buffer.concat(pieces), path, expected);
  const found = `is too large: it expands to more than ${formatBytes(maxBytes)}`;
  throw new EvenkeelError("file-too-large", found, { where: path, expected });
}
