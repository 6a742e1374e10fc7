import { at } from "../../../unit/list.ts";
import type { PreviousInOrbit } from "../rank/previous-in-orbit.ts";
import type { Effort } from "../rank/effort.ts";
import type { NodeCandidates } from "../candidates/node-candidates.ts";
import type { Distribution } from "./distributions.ts";

/** The accelerators that sets are made of, by their positions among the candidates. */
export interface Candidates {
  readonly byNode: readonly NodeCandidates[];
  /** The node of each, by position. */
  readonly entryOf: readonly number[];
  /** Of each, the one before it that is interchangeable with it as the host stands; else null. */
  readonly previous: PreviousInOrbit;
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

/** What to leave out before a set is complete. */
export interface SetPruning {
  /** Whether a set that begins so, or is that, could matter. */
  readonly open: (set: readonly number[]) => boolean;
  readonly effort: Effort;
}

/**
 * Shows to `visit` every set of this distribution whose pairs are all connected, in ascending order, and
 * of sets that differ by interchangeable accelerators the first alone. Ends, and returns false,
 * when `visit` says false or the effort is used up.
 *
 * A set is extended by one candidate at a time, so a beginning with a wrong pair or without promise
 * takes all its continuations with it; it is given up, too, when a node has not enough left that
 * are connected with all of the beginning. Of each orbit the first ones are taken: a set that passes
 * one over and has a later one of its orbit can be made from one without such a gap by swaps, which
 * comes before it and differs in nothing else.
 */
export function visitSets(
  candidates: Candidates,
  distribution: Distribution,
  { open, effort }: SetPruning,
  visit: (set: readonly number[]) => boolean,
): boolean {
  const { byNode, previous } = candidates;
  const line = byNode
    .flatMap(({ members }, s) => (at(distribution, s) > 0 ? members : []))
    .toSorted((a, b) => a - b);
  const supply = supplyOn(candidates, distribution);
  const chosen: number[] = [];
  const count = distribution.reduce((a, b) => a + b, 0);
  const work = 30 + 3 * (byNode.length + count);
  const mayTake = (i: number): boolean => {
    if (!supply.isWanted(i)) return false;
    const before = at(previous, i);
    return before === null || chosen.includes(before);
  };
  const extend = (from: number): boolean => {
    if (chosen.length === count) return visit(chosen);
    let goesOn = true;
    let place = from;
    while (place < line.length && goesOn) {
      const i = at(line, place);
      place++;
      supply.leave(i);
      if (mayTake(i)) {
        goesOn = effort.spend(work);
        if (goesOn && supply.take(i)) {
          chosen.push(i);
          goesOn = !open(chosen) || extend(place);
          chosen.pop();
          supply.untake(i);
        } else if (goesOn) supply.untake(i);
      }
      if (supply.isShort(i)) break;
    }
    while (place-- > from) supply.unleave(at(line, place));
    return goesOn;
  };
  return extend(0);
}

/** What nodes still have for a set that is put together, told of every step. */
interface Supply {
  /** Whether one more of its node is wanted, and it is connected with all that are taken. */
  readonly isWanted: (candidate: number) => boolean;
  /** It is looked at now: it is no more one of those to come. */
  readonly leave: (candidate: number) => void;
  readonly unleave: (candidate: number) => void;
  /** False where too few are left on some node that are connected with it. */
  readonly take: (candidate: number) => boolean;
  readonly untake: (candidate: number) => void;
  /** Whether its node has fewer left than are wanted of it. */
  readonly isShort: (candidate: number) => boolean;
}

function supplyOn(
  { byNode, entryOf, unconnected }: Candidates,
  distribution: Distribution,
): Supply {
  // With how many of those taken each is not connected.
  const barred = entryOf.map(() => 0);
  // Per entry: how many are still wanted, and how many to come are not barred.
  const wanted = [...distribution];
  const left = byNode.map(({ members }) => members.length);
  const addTo = (counts: number[], i: number, more: number): void => {
    const s = at(entryOf, i);
    counts[s] = at(counts, s) + more;
  };
  const bar = (i: number, more: number): void => {
    barred[i] = at(barred, i) + more;
  };
  const isBarred = (i: number): boolean => at(barred, i) > 0;
  const isShort = (i: number): boolean => at(left, at(entryOf, i)) < at(wanted, at(entryOf, i));
  return {
    isWanted: (i) => !isBarred(i) && at(wanted, at(entryOf, i)) > 0,
    leave: (i) => {
      if (!isBarred(i)) addTo(left, i, -1);
    },
    unleave: (i) => {
      if (!isBarred(i)) addTo(left, i, 1);
    },
    take: (i) => {
      addTo(wanted, i, -1);
      let isEnough = true;
      for (const j of at(unconnected, i)) {
        if (!isBarred(j)) {
          addTo(left, j, -1);
          if (isShort(j)) isEnough = false;
        }
        bar(j, 1);
      }
      return isEnough;
    },
    untake: (i) => {
      for (const j of at(unconnected, i)) {
        bar(j, -1);
        if (!isBarred(j)) addTo(left, j, 1);
      }
      addTo(wanted, i, 1);
    },
    isShort,
  };
}

/** Whether there is any set of this distribution whose pairs are all connected, or no effort left to tell. */
export function hasSetOn(
  candidates: Candidates,
  distribution: Distribution,
  effort: Effort,
): boolean {
  return !visitSets(candidates, distribution, { open: () => true, effort }, () => false);
}
