import type { PairCosts } from "./pair-costs.ts";
import { type Candidates, lineOf } from "./sets-on-spread.ts";
import type { Spread } from "./spreads.ts";

/** From so many candidates at the most a set is grown. */
const startsMax = 8;

/**
 * A set of this spread that costs little, as far as that is told by each candidate and each pair;
 * null where none was come by.
 *
 * From one candidate after the other a set is grown by the one that costs least with those that are
 * there, and then changed by the swap that saves most until none saves anything. The best of these
 * is the answer. Nothing is promised of it but that it is one of the sets that `visitSets` shows: its
 * pairs are connected, and of interchangeable accelerators it has the first. To grow one costs the
 * candidates times the size of the set, and so does a swap.
 *
 * @param own what each candidate costs by itself.
 */
export function likelySet(
  candidates: Candidates,
  spread: Spread,
  own: Float64Array,
  pairs: PairCosts,
): readonly number[] | null {
  const { shelfOf, alike } = candidates;
  const line = lineOf(shelfOf, spread);
  const every = Math.ceil(line.length / startsMax);
  let best: Growth | null = null;
  for (let at = 0; at < line.length; at += every) {
    const growth = grown({ ...candidates, line, own, pairs }, spread, line[at] ?? 0);
    if (growth === null) continue;
    if (best === null || costOf(growth, own) < costOf(best, own)) best = growth;
  }
  return best && firstOfKinds(best.set, alike);
}

interface Growing extends Pick<Candidates, "shelfOf" | "connected"> {
  /** Those on the shelves of the spread. */
  readonly line: readonly number[];
  readonly own: Float64Array;
  readonly pairs: PairCosts;
}

interface Growth {
  readonly set: readonly number[];
  /** What each candidate costs by itself and with the set. */
  readonly paid: Float64Array;
}

/** Null where it cannot be completed. */
function grown(growing: Growing, spread: Spread, start: number): Growth | null {
  const { line, shelfOf, own } = growing;
  const set: number[] = [];
  const isIn = new Uint8Array(own.length);
  const paid = own.slice();
  const quota = [...spread];
  let missing = spread.reduce((a, b) => a + b, 0);
  let next = start;
  while (next >= 0) {
    const s = shelfOf[next] ?? 0;
    quota[s] = (quota[s] ?? 0) - 1;
    set.push(next);
    isIn[next] = 1;
    pay(growing, paid, next, 1);
    if (--missing === 0) {
      improve(growing, set, isIn, paid);
      return { set, paid };
    }
    next = -1;
    for (const i of line) {
      if (isIn[i] === 1 || quota[shelfOf[i] ?? 0] === 0) continue;
      if (next >= 0 && (paid[i] ?? 0) >= (paid[next] ?? 0)) continue;
      if (set.every((other) => growing.connected(other, i))) next = i;
    }
  }
  return null;
}

/** Makes the swaps, of one in the set for another on its shelf, that save something. */
function improve(growing: Growing, set: number[], isIn: Uint8Array, paid: Float64Array): void {
  const { line, shelfOf, connected } = growing;
  const { candidates, of } = growing.pairs;
  for (;;) {
    let [place, best, most] = [-1, -1, 1e-9];
    for (const [at, out] of set.entries()) {
      for (const i of line) {
        if (isIn[i] === 1 || shelfOf[i] !== shelfOf[out]) continue;
        const saved = (paid[out] ?? 0) - (paid[i] ?? 0) + (of[i * candidates + out] ?? 0);
        if (saved <= most) continue;
        if (!set.every((other) => other === out || connected(other, i))) continue;
        [place, best, most] = [at, i, saved];
      }
    }
    const out = set[place];
    if (out === undefined) return;
    set[place] = best;
    isIn[out] = 0;
    isIn[best] = 1;
    pay(growing, paid, out, -1);
    pay(growing, paid, best, 1);
  }
}

function pay({ pairs }: Growing, paid: Float64Array, i: number, times: 1 | -1): void {
  const { candidates, of } = pairs;
  for (let j = 0; j < candidates; j++) {
    paid[j] = (paid[j] ?? 0) + times * (of[i * candidates + j] ?? 0);
  }
}

/** Of what they pay with each other each pays half. */
function costOf({ set, paid }: Growth, own: Float64Array): number {
  return set.reduce((sum, i) => sum + ((paid[i] ?? 0) + (own[i] ?? 0)) / 2, 0);
}

/** The set of those that come first among the interchangeable, which is as good. */
function firstOfKinds(set: readonly number[], alike: readonly number[]): readonly number[] {
  const chosen = new Set<number>();
  for (const i of set.toSorted((a, b) => a - b)) {
    let at = i;
    for (;;) {
      const before = alike[at] ?? -1;
      if (before < 0 || chosen.has(before)) break;
      at = before;
    }
    chosen.add(at);
  }
  return [...chosen].toSorted((a, b) => a - b);
}
