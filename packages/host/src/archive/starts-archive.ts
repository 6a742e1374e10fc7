import { KiB } from "@evenkeel/core/unit/bytes.ts";
import { compressionOf } from "./expand.ts";
import { foreignArchive } from "./foreign.ts";
import { startsAsTar } from "./tar-header.ts";

/**
 * Whether the bytes begin like an archive, plain or compressed; a kilobyte is enough. Formats that
 * are not read, such as zip, count too: reading them as an archive gives an error that names the
 * format.
 */
export function startsArchive(start: Uint8Array): boolean {
  if (compressionOf(start) !== null || foreignArchive(start) !== null) return true;
  if (startsAsTar(start)) return true;
  // A POSIX or GNU tar keeps its format's name in the header even where the rest is damaged.
  return new TextDecoder("latin1").decode(start.subarray(0, KiB)).startsWith("ustar", 257);
}
