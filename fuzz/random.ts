/** Choices that are the same again for the same seed. */
export interface Random {
  /** An integer from 0 to below `end`. */
  below(end: number): number;
  /** True once in so many times. */
  once(times: number): boolean;
  /** One of them; there must be one. */
  of<T>(items: readonly T[]): T;
}

/**
 * The choices of one run. Every run has its own, made of the seed, the reader's name and the run's
 * number, so that any one can be repeated without those before it. The generator is sfc32 of
 * PractRand, which passes its tests of 2^42 bytes.
 */
export function randomFor(seed: number, name: string, run: number): Random {
  let [a, b, c, counter] = [seed | 0, run | 0, 0x9e3779b9 | 0, 1];
  for (const character of name) c = Math.imul(c ^ (character.codePointAt(0) ?? 0), 0x01000193);
  const next = (): number => {
    const sum = (((a + b) | 0) + counter) | 0;
    counter = (counter + 1) | 0;
    a = b ^ (b >>> 9);
    b = (c + (c << 3)) | 0;
    c = (((c << 21) | (c >>> 11)) + sum) | 0;
    return sum >>> 0;
  };
  for (let i = 0; i < 12; i++) next();
  const below = (end: number): number => Math.floor((next() / 2 ** 32) * end);
  return {
    below,
    once: (times) => below(times) === 0,
    of: (items) => {
      const item = items[below(items.length)];
      if (item === undefined) throw new RangeError("there is nothing to choose from");
      return item;
    },
  };
}
