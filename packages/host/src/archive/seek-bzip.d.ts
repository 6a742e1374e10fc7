/** The package has no types of its own; these are the parts that bunzip2.ts uses. */
declare module "seek-bzip" {
  interface ByteSource {
    /** The next byte. */
    readByte(): number;
    /** Fills this part of the buffer. Returns how many bytes it wrote, or -1 at the end. */
    read(buffer: Uint8Array, offset: number, length: number): number;
    eof(): boolean;
  }

  interface ByteSink {
    writeByte(byte: number): void;
  }

  /** One bzip2 stream; a file may hold several, one after another. */
  class Bunzip {
    constructor(input: ByteSource, output: ByteSink);
    readonly reader: { read(bits: number): number };
    /** The checksum of the blocks so far. */
    readonly streamCRC: number;
    /** Reads the next block's tables; false at the stream's end. */
    _init_block(): boolean;
    /** Writes the block's bytes to the output and checks their checksum. */
    _read_bunzip(): void;
  }

  export default Bunzip;
}
