import { KiB } from "@evenkeel/core/unit/bytes.ts";
import { compressionOf } from "./expand.ts";
import { foreignArchive } from "./foreign.ts";
import { startsAsTar } from "./tar-header.ts";

/**
 * Whether bytes, by their first kilobyte, begin as an archive does, plain or compressed. One that
 * is not read, such as zip, counts: reading it as an archive is what refuses it by its name.
 */
export function startsArchive(start: Uint8Array): boolean {
  if (compressionOf(start) !== null || foreignArchive(start) !== null) return true;
  if (startsAsTar(start)) return true;
  // A tar whose header is damaged still has its name there, if it is of POSIX or GNU.
  return new TextDecoder("latin1").decode(start.subarray(0, KiB)).startsWith("ustar", 257);
}
