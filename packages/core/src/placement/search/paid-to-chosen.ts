import type { PairCosts } from "./pair-costs.ts";

/** What candidates pay alone and for their pairs with those chosen, while a set is put together. */
export interface PaidToChosen {
  /** None is chosen. */
  readonly begin: () => void;
  readonly take: (candidate: number) => void;
  /** Takes back the last one. */
  readonly untake: () => void;
  /** What the chosen pay alone and among themselves. */
  readonly among: () => number;
  /** What each candidate pays alone and with all of them, by position; it changes with the next step. */
  readonly each: () => Float64Array;
}

/**
 * A row of sums for every number of chosen: a step adds one candidate's costs to the last row and
 * writes down the next, and nothing need be worked out to take it back.
 *
 * @param count how many can be chosen at the most.
 * @param alone what each candidate pays alone: asked for when a first one is chosen.
 */
export function paidToChosen(
  count: number,
  { candidates, of }: PairCosts,
  alone: () => Float64Array,
): PaidToChosen {
  const rows: Float64Array[] = Array.from(
    { length: count + 1 },
    () => new Float64Array(candidates),
  );
  const among = new Float64Array(count + 1);
  const none = new Float64Array(candidates);
  let chosen = 0;
  const rowOf = (some: number): Float64Array => (some === 0 ? alone() : (rows[some] ?? none));
  return {
    begin: () => void (chosen = 0),
    take: (i) => {
      const [before, after] = [rowOf(chosen), rowOf(chosen + 1)];
      among[chosen + 1] = (among[chosen] ?? 0) + (before[i] ?? 0);
      const row = i * candidates;
      for (let j = 0; j < candidates; j++) after[j] = (before[j] ?? 0) + (of[row + j] ?? 1);
      chosen++;
    },
    untake: () => void chosen--,
    among: () => among[chosen] ?? 0,
    each: () => rowOf(chosen),
  };
}
