import { Readable } from "node:stream";
import { createGunzip, createZstdDecompress } from "node:zlib";

/**
 * How an archive is compressed, by its first bytes. File names are not reliable, and a pipe has
 * none.
 */
export type Compression = "gzip" | "bzip2" | "xz" | "zstd";

const magics: readonly (readonly [Compression, readonly number[]])[] = [
  ["gzip", [0x1f, 0x8b, 0x08]],
  ["bzip2", [0x42, 0x5a, 0x68]],
  ["xz", [0xfd, 0x37, 0x7a, 0x58, 0x5a, 0x00]],
  ["zstd", [0x28, 0xb5, 0x2f, 0xfd]],
];

/** How the bytes are compressed; null where they are not compressed, or in an unknown way. */
export function compressionOf(bytes: Uint8Array): Compression | null {
  const found = magics.find(([, magic]) => magic.every((byte, i) => bytes[i] === byte));
  return found?.[0] ?? null;
}

/** How many bytes a decompressor has been given so far. */
export interface Progress {
  consumedBytes: number;
}

/**
 * Decompresses the bytes in pieces of at most 46 MB, mostly far less; uncompressed bytes pass
 * through. Decompression runs at most one piece ahead of the reader and ends when the reader stops.
 * Damaged or incomplete data end in the decompressor's own error.
 */
export async function* expanded(
  bytes: Uint8Array,
  progress: Progress = { consumedBytes: 0 },
): AsyncGenerator<Uint8Array> {
  const slices = slicesOf(bytes, progress);
  switch (compressionOf(bytes)) {
    case null:
      yield* slices;
      break;
    case "gzip":
      yield* nodeStream(slices, createGunzip({ chunkSize: pieceBytes }));
      break;
    case "zstd":
      yield* nodeStream(slices, createZstdDecompress({ chunkSize: pieceBytes }));
      break;
    case "bzip2": {
      const { bunzip2 } = await import("./bunzip2.ts");
      yield* bunzip2(bytes, progress);
      break;
    }
    case "xz": {
      const { default: xz } = await import("xz-decompress");
      yield* new xz.XzReadableStream(ReadableStream.from(slices));
      break;
    }
  }
}

/**
 * Bytes given to a decompressor at once: the smaller, the sooner a decompression bomb is noticed.
 */
const sliceBytes = 32 * 1024;
/** Bytes taken from a decompressor at once. */
const pieceBytes = 256 * 1024;

function* slicesOf(bytes: Uint8Array, progress: Progress): Generator<Uint8Array> {
  for (let at = 0; at < bytes.length; at += sliceBytes) {
    const slice = bytes.subarray(at, at + sliceBytes);
    progress.consumedBytes += slice.length;
    yield slice;
  }
}

async function* nodeStream(
  slices: Iterable<Uint8Array>,
  decompressor: NodeJS.ReadWriteStream,
): AsyncGenerator<Uint8Array> {
  const source = Readable.from(slices, { objectMode: false });
  for await (const chunk of source.pipe(decompressor)) {
    if (chunk instanceof Uint8Array) yield chunk;
  }
}
