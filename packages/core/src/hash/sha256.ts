import { invariant } from "../invariant.ts";

/**
 * SHA-256 (FIPS 180-4) of a text's UTF-8 bytes, in lower-case hexadecimal. The core has no
 * dependencies and runs on any platform, so it has its own; tests compare it with Node's.
 */
export function sha256(text: string): string {
  const state = initialState.slice();
  const message = padded(new TextEncoder().encode(text));
  const schedule = new Uint32Array(64);
  for (let offset = 0; offset < message.byteLength; offset += 64) {
    expand(message, offset, schedule);
    compress(state, schedule);
  }
  return [...state].map((word) => word.toString(16).padStart(8, "0")).join("");
}

// The first 32 bits of the fractional parts of square and cube roots of the first primes (4.2.2,
// 5.3.3).
const primes = [...Array(312).keys()].filter(
  (n) => n > 1 && ![...Array(n).keys()].some((d) => d > 1 && n % d === 0),
);
const fraction = (x: number): number => Math.floor((x - Math.floor(x)) * 2 ** 32);
const initialState = Uint32Array.from(primes.slice(0, 8), (p) => fraction(Math.sqrt(p)));
const constants = Uint32Array.from(primes.slice(0, 64), (p) => fraction(Math.cbrt(p)));

/** Checked access like `at`, in a function of its own so that V8 compiles it for these arrays. */
function wordAt(words: Uint32Array, i: number): number {
  const word = words[i];
  invariant(word !== undefined, "every index is within its words");
  return word;
}

const rotate = (x: number, n: number): number => (x >>> n) | (x << (32 - n));

/**
 * The message, a 1 bit, zeros, and the length in bits as 64 bits: a multiple of 512 bits (5.1.1).
 */
function padded(bytes: Uint8Array): DataView {
  const view = new DataView(new ArrayBuffer(((bytes.length + 72) >>> 6) << 6));
  new Uint8Array(view.buffer).set(bytes);
  view.setUint8(bytes.length, 0x80);
  view.setBigUint64(view.byteLength - 8, BigInt(bytes.length) * 8n);
  return view;
}

function expand(message: DataView, offset: number, w: Uint32Array): void {
  for (let t = 0; t < 16; t++) w[t] = message.getUint32(offset + t * 4);
  for (let t = 16; t < 64; t++) {
    const [w2, w15] = [wordAt(w, t - 2), wordAt(w, t - 15)];
    const s0 = rotate(w15, 7) ^ rotate(w15, 18) ^ (w15 >>> 3);
    const s1 = rotate(w2, 17) ^ rotate(w2, 19) ^ (w2 >>> 10);
    w[t] = wordAt(w, t - 16) + s0 + wordAt(w, t - 7) + s1;
  }
}

function compress(state: Uint32Array, schedule: Uint32Array): void {
  let [a = 0, b = 0, c = 0, d = 0, e = 0, f = 0, g = 0, h = 0] = state;
  for (let t = 0; t < 64; t++) {
    const sum1 = rotate(e, 6) ^ rotate(e, 11) ^ rotate(e, 25);
    const t1 = (h + sum1 + ((e & f) ^ (~e & g)) + wordAt(constants, t) + wordAt(schedule, t)) | 0;
    const sum0 = rotate(a, 2) ^ rotate(a, 13) ^ rotate(a, 22);
    const t2 = (sum0 + ((a & b) ^ (a & c) ^ (b & c))) | 0;
    [h, g, f, e, d, c, b, a] = [g, f, e, (d + t1) | 0, c, b, a, (t1 + t2) | 0];
  }
  for (const [i, word] of [a, b, c, d, e, f, g, h].entries()) state[i] = wordAt(state, i) + word;
}
