import { type Candidates, type SetPruning, visitOneSet, visitSets } from "./sets-on-spread.ts";
import type { Spread } from "./spreads.ts";

/**
 * Shows what `visitSets` shows, each set once, but a good one early: all that come after it are held
 * against it. The very first is most often the answer, so another is only looked for when that has
 * left the beginning open.
 *
 * @param likely makes a set of the spread that is likely to be good (`likely-set.ts`); null where
 *   there is none.
 */
export function visitGoodFirst(
  candidates: Candidates,
  spread: Spread,
  pruning: SetPruning,
  likely: () => readonly number[] | null,
  visit: (set: readonly number[]) => boolean,
): boolean {
  const shown: (readonly number[])[] = [];
  const show = (set: readonly number[]): boolean => {
    shown.push([...set]);
    return visit(set);
  };
  let goesOn = true;
  const isOver = !visitSets(candidates, spread, pruning, (set) => {
    goesOn = show(set);
    return false;
  });
  if (!isOver || !goesOn) return goesOn;
  if (!pruning.open([], 0)) return true;
  const good = likely();
  if (good !== null && !isShown(good))
    goesOn = visitOneSet(candidates, spread, pruning, good, show);
  return goesOn && visitSets(candidates, spread, pruning, (set) => isShown(set) || visit(set));

  function isShown(set: readonly number[]): boolean {
    return shown.some((other) => set.every((candidate, place) => candidate === other[place]));
  }
}

/** Beyond so many it is worth looking for a good one. */
const setsMany = 100;

/** Whether a spread has so many sets, were all connected and none interchangeable. */
export function hasMany({ shelves }: Candidates, spread: Spread): boolean {
  let sets = 1;
  for (const [s, { members }] of shelves.entries()) {
    const some = spread[s] ?? 0;
    for (let k = 0; k < some; k++) sets *= (members.length - k) / (k + 1);
  }
  return sets > setsMany;
}
