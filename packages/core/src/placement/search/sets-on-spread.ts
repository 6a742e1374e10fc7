import type { Effort } from "./effort.ts";
import type { Shelf } from "./shelves.ts";
import type { Spread } from "./spreads.ts";

/** The accelerators that sets are made of, by their positions among the candidates. */
export interface Candidates {
  readonly shelves: readonly Shelf[];
  /** The shelf of each, by position. */
  readonly shelfOf: Int32Array;
  /** Of each, the one before it that is interchangeable with it as the host stands; else -1. */
  readonly alike: readonly number[];
  /** Whether two may be in one set. */
  readonly connected: (a: number, b: number) => boolean;
}

/** What to leave out before a set is complete; told of each step, the last undone first. */
export interface SetPruning {
  readonly take: (candidate: number) => void;
  readonly untake: (candidate: number) => void;
  /** It is not in the set, and will not be. */
  readonly pass: (candidate: number) => void;
  readonly unpass: (candidate: number) => void;
  /** Whether a set that begins so, completed from `from` on, could matter. */
  readonly open: (set: readonly number[], from: number) => boolean;
  readonly effort: Effort;
}

/**
 * Shows to `visit` every set of this spread whose pairs are all connected, in ascending order, and
 * of sets that differ by interchangeable accelerators the first alone. Ends, and returns false,
 * when `visit` says false or the effort is used up.
 *
 * A set is extended by one candidate at a time, so a beginning with a wrong pair or without promise
 * takes all its continuations with it; it is given up, too, when a shelf has not enough left. Of
 * each kind the first ones are taken: a set that passes one over and has a later one of its kind
 * can be made from one without such a gap by swaps, which comes before it and differs in nothing
 * else.
 */
export function visitSets(
  { shelves, shelfOf, alike, connected }: Candidates,
  spread: Spread,
  { take, untake, pass, unpass, open, effort }: SetPruning,
  visit: (set: readonly number[]) => boolean,
): boolean {
  const line = lineOf(shelfOf, spread);
  // Per shelf: how many are still wanted, and how many there are to take them from.
  const quota = [...spread];
  const left = shelves.map(({ members }) => members.length);
  const chosen: number[] = [];
  const count = spread.reduce((a, b) => a + b, 0);
  const work = 20 + 3 * (shelves.length + count) + 2 * line.length;
  const mayTake = (i: number): boolean => {
    if ((quota[shelfOf[i] ?? 0] ?? 0) === 0) return false;
    const before = alike[i] ?? -1;
    if (before >= 0 && !chosen.includes(before)) return false;
    for (const other of chosen) if (!connected(other, i)) return false;
    return true;
  };
  const extend = (from: number): boolean => {
    if (chosen.length === count) return finish(from);
    let goesOn = true;
    let at = from;
    while (at < line.length) {
      const i = line[at] ?? 0;
      const s = shelfOf[i] ?? 0;
      left[s] = (left[s] ?? 0) - 1;
      if (mayTake(i)) {
        if (!effort.spend(work)) goesOn = false;
        else {
          quota[s] = (quota[s] ?? 0) - 1;
          chosen.push(i);
          take(i);
          const isOpen = chosen.length === count || open(chosen, i + 1);
          goesOn = !isOpen || extend(at + 1);
          untake(i);
          chosen.pop();
          quota[s] = (quota[s] ?? 0) + 1;
        }
        if (!goesOn) {
          left[s] = (left[s] ?? 0) + 1;
          break;
        }
      }
      pass(i);
      at++;
      if ((left[s] ?? 0) < (quota[s] ?? 0)) break;
    }
    while (at-- > from) {
      const i = line[at] ?? 0;
      const s = shelfOf[i] ?? 0;
      left[s] = (left[s] ?? 0) + 1;
      unpass(i);
    }
    return goesOn;
  };
  const finish = (from: number): boolean => {
    for (let at = from; at < line.length; at++) pass(line[at] ?? 0);
    const goesOn = !open(chosen, alike.length) || visit(chosen);
    for (let at = line.length; at-- > from;) unpass(line[at] ?? 0);
    return goesOn;
  };
  return extend(0);
}

/** The same of one set alone. */
export function visitOneSet(
  { shelfOf, alike }: Candidates,
  spread: Spread,
  { take, untake, pass, unpass, open }: SetPruning,
  set: readonly number[],
  visit: (set: readonly number[]) => boolean,
): boolean {
  const line = lineOf(shelfOf, spread);
  for (const i of line)
    if (set.includes(i)) take(i);
    else pass(i);
  const goesOn = !open(set, alike.length) || visit(set);
  for (const i of line.toReversed())
    if (set.includes(i)) untake(i);
    else unpass(i);
  return goesOn;
}

/** Whether there is any set of this spread whose pairs are all connected, or no effort left to tell. */
export function hasSetOn(candidates: Candidates, spread: Spread, effort: Effort): boolean {
  return !visitSets(candidates, spread, { ...unpruned, effort }, () => false);
}

const ignore = (): void => {};
const unpruned = {
  take: ignore,
  untake: ignore,
  pass: ignore,
  unpass: ignore,
  open: () => true,
};

/** The candidates on shelves that the spread uses. */
export function lineOf(shelfOf: Int32Array, spread: Spread): readonly number[] {
  const line: number[] = [];
  for (let i = 0; i < shelfOf.length; i++) if (spread[shelfOf[i] ?? -1] !== 0) line.push(i);
  return line;
}
