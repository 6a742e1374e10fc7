import { Readable } from "node:stream";
import { createGunzip, createZstdDecompress } from "node:zlib";
import type { InputCount } from "./input-count.ts";

/**
 * The compression of an archive, by its first bytes: file names can be wrong, and pipes have none.
 */
export type Compression = "gzip" | "bzip2" | "xz" | "zstd";

const magics: readonly (readonly [Compression, readonly number[]])[] = [
  ["gzip", [0x1f, 0x8b, 0x08]],
  ["bzip2", [0x42, 0x5a, 0x68]],
  ["xz", [0xfd, 0x37, 0x7a, 0x58, 0x5a, 0x00]],
  ["zstd", [0x28, 0xb5, 0x2f, 0xfd]],
];

/** The compression of some bytes; null if there is none, or an unknown one. */
export function compressionOf(bytes: Uint8Array): Compression | null {
  const found = magics.find(([, magic]) => magic.every((byte, i) => bytes[i] === byte));
  return found?.[0] ?? null;
}

/**
 * Expands bytes that are compressed, in pieces of at most 46 MB and mostly far less. At most one
 * piece is expanded ahead of the reader, and nothing after it has stopped. Damaged or incomplete
 * data end in an error of the decompressor.
 */
export async function* expanded(
  bytes: Uint8Array,
  count: InputCount = { consumedBytes: 0 },
): AsyncGenerator<Uint8Array> {
  const slices = slicesOf(bytes, count);
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
      yield* bunzip2(bytes, count);
      break;
    }
    case "xz": {
      const { default: xz } = await import("xz-decompress");
      yield* new xz.XzReadableStream(ReadableStream.from(slices));
      break;
    }
  }
}

/** The input per step. The smaller it is, the sooner a bomb shows. */
const sliceBytes = 32 * 1024;
/** The output per step. */
const pieceBytes = 256 * 1024;

function* slicesOf(bytes: Uint8Array, count: InputCount): Generator<Uint8Array> {
  for (let at = 0; at < bytes.length; at += sliceBytes) {
    const slice = bytes.subarray(at, at + sliceBytes);
    count.consumedBytes += slice.length;
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
