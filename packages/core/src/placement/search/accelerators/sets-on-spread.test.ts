import * as fc from "fast-check";
import { expect, test } from "vitest";
import { at } from "../../../unit/list.ts";
import { subsets } from "../../../../testing/placement/subsets.ts";
import { effort } from "../rank/effort.ts";
import { type Candidates, unconnectedOf, visitSets } from "./sets-on-spread.ts";
import { shelfOfEach } from "../candidates/shelves.ts";
import type { Spread } from "./spreads.ts";

interface Task {
  readonly candidates: Candidates;
  readonly kinds: readonly string[];
  readonly spread: Spread;
}

/** Candidates on up to three shelves, of which those of one shelf and kind are interchangeable. */
const task: fc.Arbitrary<Task> = fc
  .record({
    places: fc.array(fc.tuple(fc.nat(2), fc.nat(2)), { minLength: 1, maxLength: 7 }),
    links: fc.array(fc.integer({ min: 0, max: 4 }), { minLength: 81, maxLength: 81 }),
    counts: fc.array(fc.nat(3), { minLength: 3, maxLength: 3 }),
  })
  .map(({ places, links, counts }) => {
    const kinds = places.map((place) => place.join());
    const order = [...new Set(places.map(([shelf]) => shelf))];
    const shelves = order.map((node) => ({
      node,
      members: places.flatMap(([shelf], i) => (shelf === node ? [i] : [])),
    }));
    const number = ([shelf, kind]: readonly [number, number]): number => shelf * 3 + kind;
    const connected = (a: number, b: number): boolean => {
      const [one, other] = [number(at(places, a)), number(at(places, b))];
      return at(links, Math.min(one, other) * 9 + Math.max(one, other)) !== 0;
    };
    const candidates: Candidates = {
      shelves,
      shelfOf: shelfOfEach(shelves, places.length),
      alike: kinds.map((kind, i) => {
        const before = kinds.slice(0, i).lastIndexOf(kind);
        return before < 0 ? null : before;
      }),
      connected,
      unconnected: unconnectedOf(places.length, connected),
    };
    const spread = shelves.map(({ members }, s) => Math.min(at(counts, s), members.length));
    return { candidates, kinds, spread };
  })
  .filter(({ spread }) => spread.some((some) => some > 0));

/** Every set of the spread with connected pairs, in order, of those of the same kinds the first. */
function allSets({ candidates, kinds, spread }: Task): readonly (readonly number[])[] {
  const { shelfOf, connected } = candidates;
  const count = spread.reduce((a, b) => a + b, 0);
  const seen = new Set<string>();
  return [...subsets([...kinds.keys()], count)].filter((set) => {
    const isOfSpread = spread.every(
      (some, s) => set.filter((i) => shelfOf[i] === s).length === some,
    );
    if (!isOfSpread || !set.every((a) => set.every((b) => a >= b || connected(a, b)))) return false;
    const alike = set
      .map((i) => at(kinds, i))
      .toSorted()
      .join(" ");
    return !seen.has(alike) && seen.add(alike).size > 0;
  });
}

test("every connected set of a spread is shown, in order, one of each kind", () => {
  fc.assert(
    fc.property(task, (one) => {
      const pruning = { open: () => true, effort: effort() };
      const shown: (readonly number[])[] = [];
      const goesOn = visitSets(one.candidates, one.spread, pruning, (set) => {
        return shown.push([...set]) > 0;
      });
      expect([goesOn, shown]).toEqual([true, allSets(one)]);
    }),
    { numRuns: 1000 },
  );
});

test("what is not open is left out with all that it begins, and nothing else", () => {
  const closed = fc.uniqueArray(fc.nat(16), { maxLength: 6 });
  fc.assert(
    fc.property(task, closed, (one, numbers) => {
      const isOpen = (set: readonly number[]): boolean =>
        !numbers.includes(set.reduce((sum, i) => (3 * sum + i) % 17, set.length));
      const pruning = { open: isOpen, effort: effort() };
      const shown: (readonly number[])[] = [];
      visitSets(one.candidates, one.spread, pruning, (set) => shown.push([...set]) > 0);
      const expected = allSets(one).filter((set) =>
        set.every((_, i) => isOpen(set.slice(0, i + 1))),
      );
      expect(shown).toEqual(expected);
    }),
    { numRuns: 500 },
  );
});

test("it ends when it is told to or the effort is used up", () => {
  fc.assert(
    fc.property(task, fc.integer({ min: 1, max: 4 }), fc.nat(600), (one, some, units) => {
      const all = allSets(one);
      const ended = { open: () => true, effort: effort() };
      const shown: (readonly number[])[] = [];
      const goesOn = visitSets(one.candidates, one.spread, ended, (set) => {
        return shown.push([...set]) < some;
      });
      expect([goesOn, shown]).toEqual([all.length < some, all.slice(0, some)]);
      const tired = { open: () => true, effort: effort(units) };
      const few: (readonly number[])[] = [];
      const isAll = visitSets(one.candidates, one.spread, tired, (set) => {
        return few.push([...set]) > 0;
      });
      expect(few).toEqual(all.slice(0, few.length));
      expect(isAll).toBe(tired.effort.sufficed());
      if (isAll) expect(few).toEqual(all);
    }),
    { numRuns: 500 },
  );
});
