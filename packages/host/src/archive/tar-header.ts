const headerBytes = 512;
const checksumFrom = 148;
const checksumTo = 156;

/**
 * Whether the bytes begin with a tar header of any version. The header holds, in octal digits, the
 * sum of its bytes with the checksum's own bytes counted as blanks. (POSIX 1003.1-1988, 10.1.1)
 */
export function startsAsTar(bytes: Uint8Array): boolean {
  if (bytes.length < headerBytes) return false;
  const digits = new TextDecoder("latin1").decode(bytes.subarray(checksumFrom, checksumTo));
  const recorded = /^ {0,7}([0-7]{1,7})[ \0]{1,2}/.exec(digits)?.[1];
  if (recorded === undefined) return false;
  const sum = bytes
    .subarray(0, headerBytes)
    .reduce((all, byte, i) => all + (i >= checksumFrom && i < checksumTo ? 0x20 : byte), 0);
  return sum === Number.parseInt(recorded, 8);
}
