import * as fc from "fast-check";
import { expect, test } from "vitest";
import { at } from "../../../unit/list.ts";
import { effort } from "../rank/effort.ts";
import type { NodeCandidates } from "../candidates/node-candidates.ts";
import { distributionsOf, type DistributionLimits } from "./distributions.ts";
import { sum } from "../../../unit/sum.ts";

interface Task {
  readonly byNode: readonly NodeCandidates[];
  readonly limits: Omit<DistributionLimits, "effort">;
}

/** Nodes, of which some may be in the orbit of an earlier one. */
const task: fc.Arbitrary<Task> = fc
  .record({
    most: fc.array(fc.nat(3), { minLength: 1, maxLength: 5 }),
    count: fc.integer({ min: 1, max: 6 }),
    previous: fc.array(fc.option(fc.nat(4)), { minLength: 5, maxLength: 5 }),
    apart: fc.option(fc.array(fc.tuple(fc.nat(4), fc.nat(4)), { maxLength: 6 })),
  })
  .map(({ most, count, previous, apart }) => {
    const nodeOf = (s: number): number => 10 + s;
    const byNode = most.map((_, s) => ({ node: nodeOf(s), members: [] }));
    const pairs = most.flatMap((_, s) => {
      const [node, earlier] = [nodeOf(s), at(previous, s)];
      const before = earlier !== null && earlier < s ? nodeOf(earlier) : null;
      return before === null ? [] : [[node, before] as const];
    });
    const isApart = (s: number, t: number): boolean =>
      apart?.some(([a, b]) => (a === s && b === t) || (a === t && b === s)) ?? false;
    const together = apart && ((s: number, t: number): boolean => !isApart(s, t));
    return { byNode, limits: { count, most, previousNode: new Map(pairs), together } };
  });

/** Every distribution over `cells` nodes, by definition, the most on the first nodes first. */
function allDistributions({ byNode, limits }: Task, cells: number): readonly (readonly number[])[] {
  const { count, most, previousNode, together } = limits;
  const vectors = most.reduce<number[][]>(
    (all, n) =>
      all.flatMap((vector) => Array.from({ length: n + 1 }, (_, i) => [...vector, n - i])),
    [[]],
  );
  return vectors.filter((vector) => {
    const on = (node: number): number =>
      at(
        vector,
        byNode.findIndex((entry) => entry.node === node),
      );
    const used = byNode.flatMap(({ node }) => (on(node) > 0 ? [node] : []));
    const total = sum(vector);
    const isInOrder = used.every((node) => {
      const before = previousNode.get(node);
      return before === undefined || on(before) > 0;
    });
    const mayBeTogether = vector.every((n, s) =>
      vector.every((m, t) => {
        const isBoth = s === t ? n > 1 : n > 0 && m > 0;
        return !isBoth || together === null || together(s, t);
      }),
    );
    return total === count && used.length === cells && isInOrder && mayBeTogether;
  });
}

test("every distribution over a number of nodes is visited once, one of each orbit", () => {
  fc.assert(
    fc.property(task, (one) => {
      const visitDistributions = distributionsOf(one.byNode, { ...one.limits, effort: effort() });
      for (let cells = 1; cells <= one.byNode.length; cells++) {
        const shown: number[][] = [];
        visitDistributions(cells, (distribution) => shown.push([...distribution]) > 0);
        expect(shown).toEqual(allDistributions(one, cells));
      }
    }),
    { numRuns: 1000 },
  );
});

test("it ends when the visitor or the effort ends it, and can begin anew", () => {
  fc.assert(
    fc.property(task, fc.integer({ min: 1, max: 4 }), fc.nat(60), (one, some, units) => {
      const all = allDistributions(one, 1);
      const visitDistributions = distributionsOf(one.byNode, { ...one.limits, effort: effort() });
      for (let times = 0; times < 2; times++) {
        const shown: number[][] = [];
        visitDistributions(1, (distribution) => shown.push([...distribution]) < some);
        expect(shown).toEqual(all.slice(0, some));
      }
      const shown: number[][] = [];
      const few = effort(units);
      distributionsOf(one.byNode, { ...one.limits, effort: few })(1, (distribution) => {
        return shown.push([...distribution]) > 0;
      });
      expect(shown).toEqual(all.slice(0, shown.length));
      expect(shown.length === all.length || !few.sufficed()).toBe(true);
    }),
  );
});
