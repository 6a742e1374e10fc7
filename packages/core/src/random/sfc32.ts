import { invariant } from "../invariant.ts";

/**
 * sfc32, a pseudorandom generator of 32-bit numbers: the same start gives the same numbers. It
 * passes PractRand's tests of 2^42 bytes.
 */
export function sfc32(first: number, second: number, third: number): () => number {
  let [a, b, c, counter] = [first | 0, second | 0, third | 0, 1];
  const next = (): number => {
    const sum = (((a + b) | 0) + counter) | 0;
    counter = (counter + 1) | 0;
    a = b ^ (b >>> 9);
    b = (c + (c << 3)) | 0;
    c = (((c << 21) | (c >>> 11)) + sum) | 0;
    return sum >>> 0;
  };
  for (let i = 0; i < 12; i++) next();
  return next;
}

/**
 * The start for a purpose, hashed from its text (FNV-1a), so that each purpose has its own numbers.
 */
export function startFor(purpose: string, from: number): number {
  let start = from | 0;
  for (const character of purpose) start = Math.imul(start ^ codeOf(character), 0x01000193);
  return start;
}

function codeOf(character: string): number {
  const code = character.codePointAt(0);
  invariant(code !== undefined, "a character is not empty");
  return code;
}
