import type { Random } from "./random.ts";

/** The size of a block of a tar. */
const block = 512;

const odd = [0x00, 0x01, 0x20, 0x2e, 0x2f, 0x30, 0x37, 0x7f, 0x80, 0xc0, 0xe2, 0xed, 0xf4, 0xff];

/** Mutates bytes once to six times: flips, replaces, removes, repeats, moves or cuts them off.
 * One in twenty also grows. */
export function mutatedBytes(
  sample: Uint8Array,
  others: readonly Uint8Array[],
  random: Random,
): Uint8Array {
  let bytes = sample.slice();
  for (let left = 1 + random.below(6); left > 0; left--) bytes = mutatedOnce(bytes, others, random);
  return random.once(20) ? grown(bytes, random) : bytes;
}

/** The longest growth. Limits on size have their own tests. */
const growthMax = 512 * 1024;

/** Repeats some blocks of a tar, such as an entry, many times. */
function grown(bytes: Uint8Array<ArrayBuffer>, random: Random): Uint8Array<ArrayBuffer> {
  const at = random.below(Math.ceil(bytes.length / block)) * block;
  const piece = bytes.subarray(at, at + random.of([1, 2, 3, 8]) * block);
  const times = Math.min(random.of([10, 100, 1000]), Math.floor(growthMax / block / 2));
  const pieces = Array.from({ length: times }, () => piece);
  return joined(bytes.subarray(0, at), ...pieces, bytes.subarray(at));
}

function mutatedOnce(
  bytes: Uint8Array<ArrayBuffer>,
  others: readonly Uint8Array[],
  random: Random,
): Uint8Array<ArrayBuffer> {
  const at = random.below(bytes.length + 1);
  const count = random.below(random.once(5) ? 2048 : 32);
  switch (random.below(8)) {
    case 0:
    case 1: {
      const bit = 1 << random.below(8);
      const byte = bytes[at];
      // There is no byte at the end.
      if (byte !== undefined) bytes[at] = byte ^ bit;
      return bytes;
    }
    case 2:
    case 3:
      bytes[at] = random.of(odd);
      return bytes;
    case 4:
      return joined(bytes.subarray(0, at), bytes.subarray(at + count));
    case 5:
      return joined(bytes.subarray(0, at + count), bytes.subarray(at));
    case 6: {
      const other = random.of(others);
      const from = random.below(other.length + 1);
      const piece = other.subarray(from, from + count);
      return joined(bytes.subarray(0, at), piece, bytes.subarray(at + random.below(2) * count));
    }
    default:
      return random.once(3) ? bytes.slice(0, at) : bytes;
  }
}

function joined(...pieces: readonly Uint8Array[]): Uint8Array<ArrayBuffer> {
  const whole = new Uint8Array(pieces.reduce((sum, piece) => sum + piece.length, 0));
  let at = 0;
  for (const piece of pieces) {
    whole.set(piece, at);
    at += piece.length;
  }
  return whole;
}

/**
 * Corrects the checksum of every header of a tar (POSIX ustar: the sum of its bytes, the checksum's
 * own eight counted as spaces), so that a mutated header is read and not merely refused.
 */
export function withChecksums(tar: Uint8Array): Uint8Array {
  const bytes = tar.slice();
  for (let at = 0; at + block <= bytes.length; at += block) {
    const header = bytes.subarray(at, at + block);
    if (new TextDecoder("latin1").decode(header.subarray(257, 262)) !== "ustar") continue;
    header.fill(0x20, 148, 156);
    const sum = header.reduce((total, byte) => total + byte, 0);
    header.set(new TextEncoder().encode(`${sum.toString(8).padStart(6, "0")}\0 `), 148);
  }
  return bytes;
}
