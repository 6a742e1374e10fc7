/* oxlint-disable no-underscore-dangle -- the library's steps of one block have such names */
import Bunzip from "seek-bzip";
import type { Progress } from "./expand.ts";

/**
 * Expands bzip2 data block by block, so that the reader can stop at any time. A block holds at most
 * 900,000 bytes before run-length decoding and 46 MB after it. Several streams in a row are read as
 * one, because parallel compressors write them that way.
 *
 * The library's own loop is not used: it returns all data at once, and it takes the end of a
 * truncated file for zeros and goes on until a checksum fails.
 */
export function* bunzip2(bytes: Uint8Array, progress: Progress): Generator<Uint8Array> {
  const input = byteSource(bytes, progress);
  const output = chunkedSink();
  while (!input.eof()) {
    const stream = new Bunzip(input, output);
    while (stream._init_block()) {
      stream._read_bunzip();
      yield* output.take();
    }
    if (stream.reader.read(32) >>> 0 !== stream.streamCRC) throw new Error("bad checksum");
  }
}

function byteSource(bytes: Uint8Array, progress: Progress) {
  let position = 0;
  return {
    readByte(): number {
      const byte = bytes[position++];
      progress.consumedBytes = position;
      if (byte === undefined) throw new Error("unexpected end");
      return byte;
    },
    read(buffer: Uint8Array, offset: number, length: number): number {
      const part = bytes.subarray(position, position + length);
      buffer.set(part, offset);
      position += part.length;
      return part.length;
    },
    eof: () => position >= bytes.length,
  };
}

const chunkBytes = 256 * 1024;

function chunkedSink() {
  let full: Uint8Array[] = [];
  let chunk = new Uint8Array(chunkBytes);
  let length = 0;
  return {
    writeByte(byte: number): void {
      if (length === chunkBytes) {
        full.push(chunk);
        chunk = new Uint8Array(chunkBytes);
        length = 0;
      }
      chunk[length++] = byte;
    },
    /** Returns and clears what was written since the last call. */
    take(): Uint8Array[] {
      const taken = [...full, chunk.subarray(0, length)];
      full = [];
      chunk = new Uint8Array(chunkBytes);
      length = 0;
      return taken;
    },
  };
}
