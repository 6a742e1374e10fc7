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
  /** Of each, those after it that may be in no set with it. */
  readonly unconnected: readonly (readonly number[])[];
}

export function unconnectedOf(
  candidates: number,
  connected: Candidates["connected"],
): Candidates["unconnected"] {
  return Array.from({ length: candidates }, (_, a) => {
    const after: number[] = [];
    for (let b = a + 1; b < candidates; b++) if (!connected(a, b)) after.push(b);
    return after;
  });
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
 * takes all its continuations with it; it is given up, too, when a shelf has not enough left that
 * are connected with all of the beginning. Of each kind the first ones are taken: a set that passes
 * one over and has a later one of its kind can be made from one without such a gap by swaps, which
 * comes before it and differs in nothing else.
 */
export function visitSets(
  candidates: Candidates,
  spread: Spread,
  { take, untake, pass, unpass, open, effort }: SetPruning,
  visit: (set: readonly number[]) => boolean,
): boolean {
  const { shelves, shelfOf, alike } = candidates;
  const line = lineOf(shelfOf, spread);
  const supply = supplyOn(candidates, spread);
  const chosen: number[] = [];
  const count = spread.reduce((a, b) => a + b, 0);
  const work = 30 + 3 * (shelves.length + count) + 2 * line.length;
  const mayTake = (i: number): boolean => {
    if (!supply.isWanted(i)) return false;
    const before = alike[i] ?? -1;
    return before < 0 || chosen.includes(before);
  };
  const extend = (from: number): boolean => {
    if (chosen.length === count) return finish(from);
    let goesOn = true;
    let at = from;
    while (at < line.length) {
      const i = line[at] ?? 0;
      supply.leave(i);
      if (mayTake(i)) {
        if (!effort.spend(work)) goesOn = false;
        else {
          if (supply.take(i)) {
            chosen.push(i);
            take(i);
            const isOpen = chosen.length === count || open(chosen, i + 1);
            goesOn = !isOpen || extend(at + 1);
            untake(i);
            chosen.pop();
          }
          supply.untake(i);
        }
        if (!goesOn) {
          supply.unleave(i);
          break;
        }
      }
      pass(i);
      at++;
      if (supply.isShort(i)) break;
    }
    while (at-- > from) {
      const i = line[at] ?? 0;
      supply.unleave(i);
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

/** What shelves still have for a set that is put together, told of every step. */
interface Supply {
  /** Whether one more of its shelf is wanted, and it is connected with all that are taken. */
  readonly isWanted: (candidate: number) => boolean;
  /** It is looked at now: it is no more one of those to come. */
  readonly leave: (candidate: number) => void;
  readonly unleave: (candidate: number) => void;
  /** False where too few are left on some shelf that are connected with it. */
  readonly take: (candidate: number) => boolean;
  readonly untake: (candidate: number) => void;
  /** Whether its shelf has fewer left than are wanted of it. */
  readonly isShort: (candidate: number) => boolean;
}

function supplyOn({ shelves, shelfOf, unconnected }: Candidates, spread: Spread): Supply {
  // With how many of those taken each is not connected.
  const barred = new Int32Array(shelfOf.length);
  // Per shelf: how many are still wanted, and how many to come are not barred.
  const wanted = [...spread];
  const left = shelves.map(({ members }) => members.length);
  const add = (to: number[], i: number, more: number): void => {
    const s = shelfOf[i] ?? 0;
    to[s] = (to[s] ?? 0) + more;
  };
  const isShort = (i: number): boolean => {
    const s = shelfOf[i] ?? 0;
    return (left[s] ?? 0) < (wanted[s] ?? 0);
  };
  return {
    isWanted: (i) => barred[i] === 0 && (wanted[shelfOf[i] ?? 0] ?? 0) > 0,
    leave: (i) => {
      if (barred[i] === 0) add(left, i, -1);
    },
    unleave: (i) => {
      if (barred[i] === 0) add(left, i, 1);
    },
    take: (i) => {
      add(wanted, i, -1);
      let isEnough = true;
      for (const j of unconnected[i] ?? []) {
        if (barred[j] === 0) {
          add(left, j, -1);
          if (isShort(j)) isEnough = false;
        }
        barred[j] = (barred[j] ?? 0) + 1;
      }
      return isEnough;
    },
    untake: (i) => {
      for (const j of unconnected[i] ?? []) {
        barred[j] = (barred[j] ?? 0) - 1;
        if (barred[j] === 0) add(left, j, 1);
      }
      add(wanted, i, 1);
    },
    isShort,
  };
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
