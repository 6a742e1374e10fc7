/** A source of choices that are the same again for the same seed. */
export interface Random {
  /** A number from 0 to below 1. */
  readonly unit: () => number;
  /** An integer from 0 to below `end`. */
  readonly below: (end: number) => number;
  /** A waiting time until the next of events that come at random, with this mean. */
  readonly exponential: (mean: number) => number;
}

/**
 * The choices of one purpose under one seed. Purposes have generators of their own, so that a policy
 * that asks for randomness never changes which tasks arrive. The generator is sfc32 of PractRand,
 * which passes its tests of 2^42 bytes.
 */
export function randomFor(seed: number, purpose: string): Random {
  let [a, b, c, counter] = [seed | 0, 0x9e3779b9 | 0, 0x243f6a88 | 0, 1];
  for (const character of purpose) {
    c = Math.imul(c ^ (character.codePointAt(0) ?? 0), 0x01000193);
  }
  const next = (): number => {
    const sum = (((a + b) | 0) + counter) | 0;
    counter = (counter + 1) | 0;
    a = b ^ (b >>> 9);
    b = (c + (c << 3)) | 0;
    c = (((c << 21) | (c >>> 11)) + sum) | 0;
    return sum >>> 0;
  };
  for (let i = 0; i < 12; i++) next();
  const unit = (): number => next() / 2 ** 32;
  return {
    unit,
    below: (end) => Math.floor(unit() * end),
    exponential: (mean) => -Math.log(1 - unit()) * mean,
  };
}

/** The items in a random order, each order as likely as any other (Fisher and Yates). */
export function shuffled<T>(items: readonly T[], random: Random): readonly T[] {
  const mixed = [...items];
  for (let last = mixed.length - 1; last > 0; last--) {
    const other = random.below(last + 1);
    const [here, there] = [mixed[last], mixed[other]];
    if (here === undefined || there === undefined) continue;
    [mixed[last], mixed[other]] = [there, here];
  }
  return mixed;
}
