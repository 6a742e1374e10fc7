/* oxlint-disable no-underscore-dangle -- the library's steps of one block have such names */
import Bunzip from "seek-bzip";
import type { InputCount } from "./input-count.ts";

/**
 * Expands bzip2 data block by block, so that the reader can stop at any time. A block expands from
 * at most 900,000 bytes, before run-length coding, to at most 46 MB. Several streams in a row count
 * as one, as parallel compressors write them.
 *
 * This repeats the loop of the library, which returns everything at once and reads zeros after the
 * end of a truncated file until a checksum fails.
 */
export function* bunzip2(bytes: Uint8Array, count: InputCount): Generator<Uint8Array> {
  const input = byteSource(bytes, count);
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

function byteSource(bytes: Uint8Array, count: InputCount) {
  let position = 0;
  return {
    readByte(): number {
      const byte = bytes[position++];
      count.consumedBytes = position;
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
    /** The bytes written since the last call. */
    take(): Uint8Array[] {
      const taken = [...full, chunk.subarray(0, length)];
      full = [];
      chunk = new Uint8Array(chunkBytes);
      length = 0;
      return taken;
    },
  };
}
