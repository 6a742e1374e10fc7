import * as fc from "fast-check";
import { expect, test } from "vitest";
import { at } from "../../../unit/list.ts";
import { effort } from "../rank/effort.ts";
import type { Shelf } from "../candidates/shelves.ts";
import { spreadsOf, type SpreadLimits } from "./spreads.ts";

interface Task {
  readonly shelves: readonly Shelf[];
  readonly limits: Omit<SpreadLimits, "effort">;
}

/** Shelves of which one may be of unknown node, and some twins of one before them. */
const task: fc.Arbitrary<Task> = fc
  .record({
    most: fc.array(fc.nat(3), { minLength: 1, maxLength: 5 }),
    count: fc.integer({ min: 1, max: 6 }),
    unknown: fc.option(fc.nat(4)),
    twins: fc.array(fc.option(fc.nat(4)), { minLength: 5, maxLength: 5 }),
    apart: fc.option(fc.array(fc.tuple(fc.nat(4), fc.nat(4)), { maxLength: 6 })),
  })
  .map(({ most, count, unknown, twins, apart }) => {
    const nodeOf = (s: number): number | null => (s === unknown ? null : 10 + s);
    const shelves = most.map((_, s) => ({ node: nodeOf(s), members: [] }));
    const pairs = most.flatMap((_, s) => {
      const [node, twin] = [nodeOf(s), at(twins, s)];
      const before = twin !== null && twin < s ? nodeOf(twin) : null;
      return node === null || before === null ? [] : [[node, before] as const];
    });
    const isApart = (s: number, t: number): boolean =>
      apart?.some(([a, b]) => (a === s && b === t) || (a === t && b === s)) ?? false;
    const together = apart && ((s: number, t: number): boolean => !isApart(s, t));
    return { shelves, limits: { count, most, twins: new Map(pairs), together } };
  });

/** Every vector of counts that is a spread over so many nodes, the most on the first shelves first. */
function allSpreads({ shelves, limits }: Task, cells: number): readonly (readonly number[])[] {
  const { count, most, twins, together } = limits;
  const vectors = most.reduce<number[][]>(
    (all, n) =>
      all.flatMap((vector) => Array.from({ length: n + 1 }, (_, i) => [...vector, n - i])),
    [[]],
  );
  return vectors.filter((vector) => {
    const on = (node: number): number =>
      at(
        vector,
        shelves.findIndex((shelf) => shelf.node === node),
      );
    const used = shelves.flatMap(({ node }) => (node !== null && on(node) > 0 ? [node] : []));
    const sum = vector.reduce((a, b) => a + b, 0);
    const isInOrder = used.every((node) => {
      const twin = twins.get(node);
      return twin === undefined || on(twin) > 0;
    });
    const mayBeTogether = vector.every((n, s) =>
      vector.every((m, t) => {
        const isBoth = s === t ? n > 1 : n > 0 && m > 0;
        return !isBoth || together === null || together(s, t);
      }),
    );
    // Those of unknown node are on one, whichever that is.
    return sum === count && Math.max(1, used.length) === cells && isInOrder && mayBeTogether;
  });
}

test("every way to lie on so many nodes is shown once, but for those that twins can change to", () => {
  fc.assert(
    fc.property(task, (one) => {
      const visitSpreads = spreadsOf(one.shelves, { ...one.limits, effort: effort() });
      for (let cells = 1; cells <= one.shelves.length; cells++) {
        const shown: number[][] = [];
        visitSpreads(cells, (spread) => shown.push([...spread]) > 0);
        expect(shown).toEqual(allSpreads(one, cells));
      }
    }),
    { numRuns: 1000 },
  );
});

test("it ends when it is told to, and when the effort is used up, and begins anew", () => {
  fc.assert(
    fc.property(task, fc.integer({ min: 1, max: 4 }), fc.nat(60), (one, some, units) => {
      const all = allSpreads(one, 1);
      const visitSpreads = spreadsOf(one.shelves, { ...one.limits, effort: effort() });
      for (let times = 0; times < 2; times++) {
        const shown: number[][] = [];
        visitSpreads(1, (spread) => shown.push([...spread]) < some);
        expect(shown).toEqual(all.slice(0, some));
      }
      const shown: number[][] = [];
      const few = effort(units);
      spreadsOf(one.shelves, { ...one.limits, effort: few })(1, (spread) => {
        return shown.push([...spread]) > 0;
      });
      expect(shown).toEqual(all.slice(0, shown.length));
      expect(shown.length === all.length || !few.sufficed()).toBe(true);
    }),
  );
});
