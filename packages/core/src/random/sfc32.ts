import { invariant } from "../invariant.ts";

/**
 * A generator of 32-bit numbers, the same again for the same start: sfc32 of PractRand, which
 * passes its tests of 2^42 bytes. `random.ts` makes choices from them.
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

/** A start that depends on a text, so that each purpose has numbers of its own. */
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
