/** An archive format, or a compression, that is recognized but not read. */
export interface ForeignArchive {
  readonly name: string;
  /** How to turn it into an archive that is read. */
  readonly remedy: string;
}

const repack = "unpack it and name the directory, as in sysfs:DIR";

/** The formats by their first bytes, from their documents and file(1). */
const magics: readonly (readonly [name: string, magic: readonly number[], remedy: string])[] = [
  ["a zip archive", [0x50, 0x4b, 0x03, 0x04], repack],
  ["an empty zip archive", [0x50, 0x4b, 0x05, 0x06], repack],
  ["a 7z archive", [0x37, 0x7a, 0xbc, 0xaf, 0x27, 0x1c], repack],
  ["a RAR archive", [0x52, 0x61, 0x72, 0x21, 0x1a, 0x07], repack],
  ["a cpio archive", [0x30, 0x37, 0x30, 0x37, 0x30], repack],
  ["an ar archive", [0x21, 0x3c, 0x61, 0x72, 0x63, 0x68, 0x3e, 0x0a], repack],
  ["compressed with lz4", [0x04, 0x22, 0x4d, 0x18], "expand it first: lz4 -d FILE FILE.tar"],
  ["compressed with lzip", [0x4c, 0x5a, 0x49, 0x50], "expand it first: lzip -d FILE"],
  ["compressed with lzop", [0x89, 0x4c, 0x5a, 0x4f, 0x00], "expand it first: lzop -d FILE"],
  ["compressed with compress", [0x1f, 0x9d], "expand it first: gzip -d FILE"],
  ["compressed with lzma", [0x5d, 0x00, 0x00], "expand it first: xz --format=lzma -d FILE"],
];

/** The unsupported format that the bytes begin with; null where they begin with none of these. */
export function foreignArchive(bytes: Uint8Array): ForeignArchive | null {
  const found = magics.find(([, magic]) => magic.every((byte, i) => bytes[i] === byte));
  return found === undefined ? null : { name: found[0], remedy: found[2] };
}
