import { GiB, KiB, MiB } from "@evenkeel/core/unit/bytes.ts";
import type { Compression } from "./expand.ts";

/**
 * What an archive may ask of us. The largest recording seen holds 64,000 entries and expands from
 * 0.3 MB to 58 MB, 40-fold with gzip and 170-fold with bzip2 and xz. In a tar made straight from
 * `/sys` every attribute takes a page, and it is 120-fold and 780-fold. These bounds leave room for
 * machines several times as large, and a bomb ends at the first of them that it meets.
 */
export interface ArchiveLimits {
  readonly fileBytes: number;
  /** All that comes out of the decompressor, whether it is kept or not. */
  readonly expandedBytes: number;
  /** So much may always come out; beyond it, no more than so many times what has gone in. */
  readonly freelyExpandedBytes: number;
  readonly expansion: Readonly<Record<Compression, number>>;
  /** Entries and the directories that they imply. */
  readonly entries: number;
  readonly pathBytes: number;
  /** A larger file is skipped: it is nothing that the kernel writes for readers. */
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
