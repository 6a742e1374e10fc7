import { at } from "../../../unit/list.ts";
import type { PreviousInOrbit } from "../rank/previous-in-orbit.ts";
import type { Effort } from "../rank/effort.ts";
import type { NodeCandidates } from "../candidates/node-candidates.ts";
import type { Distribution } from "./distributions.ts";
import { sum } from "../../../unit/sum.ts";

/** The accelerators to choose sets from, by their positions among the candidates. */
export interface Candidates<Node extends number | null = number> {
  readonly byNode: readonly NodeCandidates<Node>[];
  /** For each candidate, the position of its node in `byNode`. */
  readonly nodeIndexOf: readonly number[];
  /** For each candidate, the previous one of its orbit; null where there is none. */
  readonly previous: PreviousInOrbit;
  /** Whether two may be in one set. */
  readonly connected: (a: number, b: number) => boolean;
  /** For each candidate, the later ones that may be in no set with it. */
  readonly unconnected: readonly (readonly number[])[];
}

/** For each candidate, the later ones that are not connected with it. */
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

/** When to give up the beginning of a set. */
export interface SetPruning {
  /** Whether a set with this beginning could matter. */
  readonly couldMatter: (set: readonly number[]) => boolean;
  readonly effort: Effort;
}

/**
 * Enumerates the sets of a distribution whose pairs are all connected, in ascending order; of the
 * sets that symmetries exchange only the first. Ends, and returns false, when `visit` returns false
 * or the effort is used up.
 *
 * A set is extended by one candidate at a time. A beginning is given up, with all its
 * continuations, when it has an unconnected pair, when it could not matter, or when some node has
 * too few candidates left that are connected with all of the beginning. From each orbit the first
 * candidates are taken: a set that skips one and has a later one of its orbit is the image, by
 * swaps, of an earlier set that differs in nothing else.
 */
export function visitSets(
  candidates: Candidates<number | null>,
  distribution: Distribution,
  { couldMatter, effort }: SetPruning,
  visit: (set: readonly number[]) => boolean,
): boolean {
  const { byNode, previous } = candidates;
  const order = byNode
    .flatMap(({ members }, s) => (at(distribution, s) > 0 ? members : []))
    .toSorted((a, b) => a - b);
  const remaining = remainingOf(candidates, distribution);
  const chosen: number[] = [];
  const count = sum(distribution);
  const work = 30 + 3 * (byNode.length + count);
  const mayTake = (i: number): boolean => {
    if (!remaining.isWanted(i)) return false;
    const before = at(previous, i);
    return before === null || chosen.includes(before);
  };
  const extend = (from: number): boolean => {
    if (chosen.length === count) return visit(chosen);
    let goesOn = true;
    let place = from;
    while (place < order.length && goesOn) {
      const i = at(order, place);
      place++;
      remaining.remove(i);
      if (mayTake(i)) {
        goesOn = effort.spend(work);
        if (goesOn && remaining.take(i)) {
          chosen.push(i);
          goesOn = !couldMatter(chosen) || extend(place);
          chosen.pop();
          remaining.untake(i);
        } else if (goesOn) remaining.untake(i);
      }
      if (remaining.isShort(i)) break;
    }
    while (place-- > from) remaining.putBack(at(order, place));
    return goesOn;
  };
  return extend(0);
}

/**
 * The candidates that each node has left for the set being built, kept up to date with every choice
 * and every choice taken back.
 */
interface Remaining {
  /** Whether its node wants one more, and it is connected with all that are taken. */
  readonly isWanted: (candidate: number) => boolean;
  /** Removes a candidate from those to come; `putBack` undoes it. */
  readonly remove: (candidate: number) => void;
  readonly putBack: (candidate: number) => void;
  /** Takes a candidate; false where some node has too few left that are connected with it. */
  readonly take: (candidate: number) => boolean;
  readonly untake: (candidate: number) => void;
  /** Whether its node has fewer left than it wants. */
  readonly isShort: (candidate: number) => boolean;
}

function remainingOf(
  { byNode, nodeIndexOf, unconnected }: Candidates<number | null>,
  distribution: Distribution,
): Remaining {
  // For each candidate, with how many of the taken ones it is not connected.
  const barred = nodeIndexOf.map(() => 0);
  // For each node: how many it still wants, and how many of those to come are not barred.
  const wanted = [...distribution];
  const left = byNode.map(({ members }) => members.length);
  const addTo = (counts: number[], i: number, more: number): void => {
    const s = at(nodeIndexOf, i);
    counts[s] = at(counts, s) + more;
  };
  const bar = (i: number, more: number): void => {
    barred[i] = at(barred, i) + more;
  };
  const isBarred = (i: number): boolean => at(barred, i) > 0;
  const isShort = (i: number): boolean =>
    at(left, at(nodeIndexOf, i)) < at(wanted, at(nodeIndexOf, i));
  return {
    isWanted: (i) => !isBarred(i) && at(wanted, at(nodeIndexOf, i)) > 0,
    remove: (i) => {
      if (!isBarred(i)) addTo(left, i, -1);
    },
    putBack: (i) => {
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

/**
 * Whether a distribution has a set whose pairs are all connected; true once the effort is used up.
 */
export function hasSetOn(
  candidates: Candidates<number | null>,
  distribution: Distribution,
  effort: Effort,
): boolean {
  return !visitSets(candidates, distribution, { couldMatter: () => true, effort }, () => false);
}
