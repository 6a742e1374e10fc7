import * as fc from "fast-check";
import { expect, test } from "vitest";
import { subsets } from "../testing/subsets.ts";
import { effort } from "./effort.ts";
import { visitGoodFirst } from "./good-set-first.ts";
import { likelySet } from "./likely-set.ts";
import {
  type Candidates,
  type SetPruning,
  unconnectedOf,
  visitOneSet,
  visitSets,
} from "./sets-on-spread.ts";
import { shelfOfEach } from "./shelves.ts";
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
    const number = ([shelf, kind]: readonly [number, number] = [0, 0]): number => shelf * 3 + kind;
    const connected = (a: number, b: number): boolean => {
      const [one, other] = [number(places[a]), number(places[b])];
      return links[Math.min(one, other) * 9 + Math.max(one, other)] !== 0;
    };
    const candidates: Candidates = {
      shelves,
      shelfOf: shelfOfEach(shelves, places.length),
      alike: kinds.map((kind, i) => kinds.slice(0, i).lastIndexOf(kind)),
      connected,
      unconnected: unconnectedOf(places.length, connected),
    };
    const spread = shelves.map(({ members }, s) => Math.min(counts[s] ?? 0, members.length));
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
      .map((i) => kinds[i] ?? "")
      .toSorted()
      .join(" ");
    return !seen.has(alike) && seen.add(alike).size > 0;
  });
}

/** Pruning that insists on being told of every step once, and of its undoing in the reverse order. */
function strictly(
  { candidates, spread }: Task,
  open: SetPruning["open"],
  units?: number,
): {
  readonly pruning: SetPruning;
  readonly told: readonly string[];
  readonly isTold: () => boolean;
} {
  const told: string[] = [];
  const step =
    (what: string) =>
    (i: number): void => {
      expect(told.some((before) => before.endsWith(` ${i}`))).toBe(false);
      told.push(`${what} ${i}`);
    };
  const undo =
    (what: string) =>
    (i: number): void =>
      expect(told.pop()).toBe(`${what} ${i}`);
  const onSpread = [...candidates.shelfOf].filter((s) => spread[s] !== 0).length;
  const pruning: SetPruning = {
    take: step("take"),
    untake: undo("take"),
    pass: step("pass"),
    unpass: undo("pass"),
    open: (set, from) => {
      const taken = told.flatMap((one) => (one.startsWith("take ") ? [Number(one.slice(5))] : []));
      expect(taken).toEqual([...set]);
      expect(from).toBeGreaterThan(set.at(-1) ?? -1);
      return open(set, from);
    },
    effort: effort(units),
  };
  return { pruning, told, isTold: () => told.length === onSpread };
}

test("every connected set of a spread is shown, in order, one of each kind", () => {
  fc.assert(
    fc.property(task, (one) => {
      const { pruning, told, isTold } = strictly(one, () => true);
      const shown: (readonly number[])[] = [];
      const goesOn = visitSets(one.candidates, one.spread, pruning, (set) => {
        expect(isTold()).toBe(true);
        return shown.push([...set]) > 0;
      });
      expect([goesOn, shown, told]).toEqual([true, allSets(one), []]);
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
      const { pruning, told } = strictly(one, isOpen);
      const shown: (readonly number[])[] = [];
      visitSets(one.candidates, one.spread, pruning, (set) => shown.push([...set]) > 0);
      const expected = allSets(one).filter((set) =>
        set.every((_, i) => isOpen(set.slice(0, i + 1))),
      );
      expect([shown, told]).toEqual([expected, []]);
    }),
    { numRuns: 500 },
  );
});

test("it ends when it is told to or the effort is used up, with all steps taken back", () => {
  fc.assert(
    fc.property(task, fc.integer({ min: 1, max: 4 }), fc.nat(600), (one, some, units) => {
      const all = allSets(one);
      const ended = strictly(one, () => true);
      const shown: (readonly number[])[] = [];
      const goesOn = visitSets(one.candidates, one.spread, ended.pruning, (set) => {
        return shown.push([...set]) < some;
      });
      expect([goesOn, shown, ended.told]).toEqual([all.length < some, all.slice(0, some), []]);
      const tired = strictly(one, () => true, units);
      const few: (readonly number[])[] = [];
      const isAll = visitSets(one.candidates, one.spread, tired.pruning, (set) => {
        return few.push([...set]) > 0;
      });
      expect([few, tired.told]).toEqual([all.slice(0, few.length), []]);
      expect(isAll).toBe(tired.pruning.effort.sufficed());
      if (isAll) expect(few).toEqual(all);
    }),
    { numRuns: 500 },
  );
});

test("of one set alone the same is told", () => {
  fc.assert(
    fc.property(task, fc.boolean(), fc.boolean(), (one, isOpen, goesOn) => {
      for (const set of allSets(one)) {
        const { pruning, told, isTold } = strictly(one, () => isOpen);
        const shown: (readonly number[])[] = [];
        const answer = visitOneSet(one.candidates, one.spread, pruning, set, (visited) => {
          expect(isTold()).toBe(true);
          shown.push(visited);
          return goesOn;
        });
        expect([answer, shown, told]).toEqual([!isOpen || goesOn, isOpen ? [set] : [], []]);
      }
    }),
  );
});

test("with a good set early every set is still shown once, and none that is not open", () => {
  fc.assert(
    fc.property(task, fc.nat(20), fc.integer({ min: 1, max: 9 }), (one, which, most) => {
      const all = allSets(one);
      const likely = all[which % (all.length + 1)] ?? null;
      const { pruning, told } = strictly(one, () => true);
      const shown: (readonly number[])[] = [];
      const goesOn = visitGoodFirst(
        one.candidates,
        one.spread,
        pruning,
        () => likely,
        (set) => {
          return shown.push([...set]) < most;
        },
      );
      const [first, ...rest] = all;
      const early = likely === null || likely === first ? [] : [likely];
      const inTurn = [
        ...(first === undefined ? [] : [first]),
        ...early,
        ...rest.filter((set) => set !== likely),
      ];
      expect([goesOn, shown, told]).toEqual([all.length < most, inTurn.slice(0, most), []]);
    }),
    { numRuns: 500 },
  );
});

test("no other is looked for when the first set has closed the beginning", () => {
  fc.assert(
    fc.property(task, (one) => {
      const shown: (readonly number[])[] = [];
      const { pruning } = strictly(one, (set) => set.length > 0 || shown.length === 0);
      const likely = (): null => expect.unreachable("the beginning is closed");
      const visit = (set: readonly number[]): boolean => shown.push([...set]) > 0;
      expect(visitGoodFirst(one.candidates, one.spread, pruning, likely, visit)).toBe(true);
      expect(shown).toEqual(allSets(one).slice(0, 1));
    }),
  );
});

test("a likely set is one of the sets, and no swap on a shelf makes it better", () => {
  let found = 0;
  const costs = fc.array(fc.integer({ min: 1, max: 30 }), { minLength: 90, maxLength: 90 });
  fc.assert(
    fc.property(task, costs, (one, table) => {
      const { candidates, kinds, spread } = one;
      const total = kinds.length;
      const numbers = kinds.map((kind) => [...new Set(kinds)].indexOf(kind));
      const own = Float64Array.from(numbers, (kind) => table[81 + kind] ?? 0);
      const pair = (i: number, j: number): number => {
        const [a = 0, b = 0] = [numbers[i], numbers[j]];
        return i === j ? 0 : (table[Math.min(a, b) * 9 + Math.max(a, b)] ?? 0);
      };
      const of = Float64Array.from({ length: total * total }, (_, at) =>
        pair(Math.floor(at / total), at % total),
      );
      const cost = (set: readonly number[]): number =>
        set.reduce(
          (sum, i) => sum + (own[i] ?? 0) + set.reduce((paid, j) => paid + pair(i, j), 0) / 2,
          0,
        );
      const likely = likelySet(candidates, spread, own, { candidates: total, of });
      if (likely === null) return;
      found++;
      const all = allSets(one);
      expect(all).toContainEqual(likely);
      const ofKinds = (set: readonly number[]): readonly string[] => set.map((i) => kinds[i] ?? "");
      for (const other of all) {
        const left = [...ofKinds(likely)];
        const more = ofKinds(other).filter((kind) => {
          const at = left.indexOf(kind);
          if (at >= 0) left.splice(at, 1);
          return at < 0;
        });
        if (more.length === 1) expect(cost(likely)).toBeLessThanOrEqual(cost(other) + 1e-9);
      }
    }),
    { numRuns: 500 },
  );
  expect(found).toBeGreaterThan(100);
});
