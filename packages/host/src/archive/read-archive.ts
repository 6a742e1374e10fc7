import { EvenkeelError } from "@evenkeel/core/error/evenkeel-error.ts";
import { formatBytes } from "@evenkeel/core/unit/bytes.ts";
import { createTarDecoder } from "modern-tar";
import { readFileBytes } from "../file/read-file.ts";
import { memoryTree } from "../tree/memory-tree.ts";
import type { Tree } from "../tree/tree.ts";
import { addEntry, type Contents, emptyContents } from "./contents.ts";
import { compressionOf, expanded } from "./expand.ts";
import { foreignArchive } from "./foreign.ts";
import { type ArchiveLimits, archiveLimits } from "./limits.ts";
import { expectedArchive, malformed, tooLarge } from "./refusals.ts";

/**
 * Reads a tar, plain or compressed, as a tree in memory. Nothing is written to disk. The bytes of
 * one that came through a pipe are given, because they can be read only once.
 *
 * The archive is read as a stream, and every limit is checked before memory is taken. So the memory
 * is at most `limits.keptBytes`, the file itself, and one decompressed piece.
 *
 * Errors: those of `readFileBytes`; `archive-malformed` where it is not a tar, is damaged or is cut
 * short; `archive-unsafe` where an entry or a link leads out of it; `file-too-large` beyond the
 * limits.
 */
export async function readArchive(
  path: string,
  limits: ArchiveLimits = archiveLimits,
  given: Uint8Array | null = null,
): Promise<Tree> {
  const bytes =
    given ?? readFileBytes(path, { maxBytes: limits.fileBytes, expected: expectedArchive });
  const contents = emptyContents(path, limits);
  const stream = ReadableStream.from(withinBounds(bytes, path, limits));
  try {
    for await (const entry of stream.pipeThrough(createTarDecoder({ strict: true }))) {
      await addEntry(contents, entry);
    }
  } catch (cause) {
    if (cause instanceof EvenkeelError) throw cause;
    throw notATar(bytes, contents, cause);
  }
  if (contents.entries === 0) throw malformed("holds nothing", path);
  return memoryTree(contents.files, contents.links, path, contents.directories);
}

/** The decompressed archive; an error as soon as it exceeds the limits. */
async function* withinBounds(
  bytes: Uint8Array,
  where: string,
  limits: ArchiveLimits,
): AsyncGenerator<Uint8Array> {
  const compression = compressionOf(bytes);
  const expansion = compression === null ? 1 : limits.expansion[compression];
  const progress = { consumedBytes: 0 };
  let total = 0;
  try {
    for await (const chunk of expanded(bytes, progress)) {
      total += chunk.length;
      const allowed = limits.freelyExpandedBytes + expansion * progress.consumedBytes;
      if (total > Math.min(limits.expandedBytes, allowed)) {
        const found = `its ${formatBytes(bytes.length)} expand to more than ${formatBytes(total)}`;
        throw tooLarge(found, where);
      }
      yield chunk;
    }
  } catch (cause) {
    if (cause instanceof EvenkeelError) throw cause;
    const message = `its ${compression ?? "tar"} data are damaged or cut short`;
    throw malformed(message, where, { cause });
  }
}

function notATar(bytes: Uint8Array, { where, entries }: Contents, cause: unknown): EvenkeelError {
  if (bytes.length === 0) return malformed("is empty", where, { cause });
  const foreign = entries === 0 ? foreignArchive(bytes) : null;
  if (foreign !== null) {
    const { name, remedy } = foreign;
    return malformed(`is ${name}, which is not read`, where, { cause, remedy });
  }
  if (entries === 0) return malformed("is no tar, plain or compressed", where, { cause });
  const message = `is damaged or cut short somewhere after its first ${entries} entries`;
  return malformed(message, where, { cause });
}
