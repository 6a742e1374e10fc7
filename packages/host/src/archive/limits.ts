import { GiB, KiB, MiB } from "@evenkeel/core/unit/bytes.ts";
import type { Compression } from "./expand.ts";

/**
 * The limits of an archive. The largest recording seen holds 64,000 entries and expands from 0.3 MB
 * to 58 MB: 40-fold with gzip, 170-fold with bzip2 and xz. In a tar made straight from `/sys` every
 * attribute takes a page, and the factors are 120 and 780. These limits leave room for machines
 * several times as large; a decompression bomb stops at the first limit that it exceeds.
 */
export interface ArchiveLimits {
  readonly fileBytes: number;
  /** Bytes out of the decompressor, whether they are kept or not. */
  readonly expandedBytes: number;
  /**
   * Bytes that may always come out. Beyond them, the output may be at most `expansion` times the
   * input.
   */
  readonly freelyExpandedBytes: number;
  readonly expansion: Readonly<Record<Compression, number>>;
  /** Entries and their parent directories. */
  readonly entries: number;
  readonly pathBytes: number;
  /** A larger file is skipped: the kernel writes no file of this size for readers. */
  readonly entryBytes: number;
  /** Contents and names held in memory. */
  readonly keptBytes: number;
}

export const archiveLimits: ArchiveLimits = {
  fileBytes: 256 * MiB,
  expandedBytes: GiB,
  freelyExpandedBytes: 64 * MiB,
  expansion: { gzip: 300, bzip2: 1000, xz: 1000, zstd: 1000 },
  entries: 500_000,
  pathBytes: 4 * KiB,
  entryBytes: 16 * MiB,
  keptBytes: 256 * MiB,
};
