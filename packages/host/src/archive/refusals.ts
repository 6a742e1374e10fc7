import { EvenkeelError } from "@evenkeel/core/error/evenkeel-error.ts";

export const expectedArchive =
  "a tar of /sys and /proc, plain or compressed with gzip, bzip2, xz or zstd";

export function malformed(
  message: string,
  where: string,
  detail: { readonly cause?: unknown; readonly remedy?: string } = {},
): EvenkeelError {
  return new EvenkeelError("archive-malformed", message, {
    where,
    expected: expectedArchive,
    ...detail,
  });
}

export function unsafe(message: string, where: string): EvenkeelError {
  return new EvenkeelError("archive-unsafe", message, {
    where,
    expected: "entries and links that stay inside the archive",
    remedy: "record the machine again, with relative names: tar -C / -czf FILE.tar.gz sys proc",
  });
}

export function tooLarge(found: string, where: string): EvenkeelError {
  return new EvenkeelError("file-too-large", `is too large: ${found}`, {
    where,
    expected: expectedArchive,
  });
}

/**
 * A name from an archive, safe to show in a message: without control characters, at most 120
 * characters.
 */
export function quoted(name: string): string {
  return JSON.stringify(name.length > 120 ? `${name.slice(0, 117)}...` : name);
}
