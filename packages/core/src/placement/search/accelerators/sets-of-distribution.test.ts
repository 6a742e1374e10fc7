import * as fc from "fast-check";
import { expect, test } from "vitest";
import { at } from "../../../unit/list.ts";
import { subsets } from "../../../../testing/placement/subsets.ts";
import { effort } from "../rank/effort.ts";
import { type Candidates, unconnectedOf, visitSets } from "./sets-of-distribution.ts";
import { nodeOfEachCandidate } from "../candidates/node-candidates.ts";
import type { Distribution } from "./distributions.ts";
import { sum } from "../../../unit/sum.ts";

interface Task {
  readonly candidates: Candidates;
  readonly orbits: readonly string[];
  readonly distribution: Distribution;
}

/** Candidates on up to three nodes, interchangeable within a node and orbit. */
const task: fc.Arbitrary<Task> = fc
  .record({
    places: fc.array(fc.tuple(fc.nat(2), fc.nat(2)), { minLength: 1, maxLength: 7 }),
    links: fc.array(fc.integer({ min: 0, max: 4 }), { minLength: 81, maxLength: 81 }),
    counts: fc.array(fc.nat(3), { minLength: 3, maxLength: 3 }),
  })
  .map(({ places, links, counts }) => {
    const orbits = places.map((place) => place.join());
    const order = [...new Set(places.map(([entry]) => entry))];
    const byNode = order.map((node) => ({
      node,
      members: places.flatMap(([entry], i) => (entry === node ? [i] : [])),
    }));
    const number = ([entry, orbit]: readonly [number, number]): number => entry * 3 + orbit;
    const connected = (a: number, b: number): boolean => {
      const [one, other] = [number(at(places, a)), number(at(places, b))];
      return at(links, Math.min(one, other) * 9 + Math.max(one, other)) !== 0;
    };
    const candidates: Candidates = {
      byNode,
      nodeIndexOf: nodeOfEachCandidate(byNode, places.length),
      previous: orbits.map((orbit, i) => {
        const before = orbits.slice(0, i).lastIndexOf(orbit);
        return before < 0 ? null : before;
      }),
      connected,
      unconnected: unconnectedOf(places.length, connected),
    };
    const distribution = byNode.map(({ members }, s) => Math.min(at(counts, s), members.length));
    return { candidates, orbits, distribution };
  })
  .filter(({ distribution }) => distribution.some((some) => some > 0));

/** Every set of the distribution with connected pairs, in order; the first of each orbit. */
function allSets({ candidates, orbits, distribution }: Task): readonly (readonly number[])[] {
  const { nodeIndexOf, connected } = candidates;
  const count = sum(distribution);
  const seen = new Set<string>();
  return [...subsets([...orbits.keys()], count)].filter((set) => {
    const isOfDistribution = distribution.every(
      (some, s) => set.filter((i) => nodeIndexOf[i] === s).length === some,
    );
    if (!isOfDistribution || !set.every((a) => set.every((b) => a >= b || connected(a, b))))
      return false;
    const image = set
      .map((i) => at(orbits, i))
      .toSorted()
      .join(" ");
    return !seen.has(image) && seen.add(image).size > 0;
  });
}

test("every connected set of a distribution is visited, in order, one of each orbit", () => {
  fc.assert(
    fc.property(task, (one) => {
      const pruning = { couldMatter: () => true, effort: effort() };
      const shown: (readonly number[])[] = [];
      const goesOn = visitSets(one.candidates, one.distribution, pruning, (set) => {
        return shown.push([...set]) > 0;
      });
      expect([goesOn, shown]).toEqual([true, allSets(one)]);
    }),
    { numRuns: 1000 },
  );
});

test("a beginning that could not matter is pruned with its continuations, and nothing else", () => {
  const closed = fc.uniqueArray(fc.nat(16), { maxLength: 6 });
  fc.assert(
    fc.property(task, closed, (one, numbers) => {
      const couldMatter = (set: readonly number[]): boolean =>
        !numbers.includes(set.reduce((hash, i) => (3 * hash + i) % 17, set.length));
      const pruning = { couldMatter, effort: effort() };
      const shown: (readonly number[])[] = [];
      visitSets(one.candidates, one.distribution, pruning, (set) => shown.push([...set]) > 0);
      const expected = allSets(one).filter((set) =>
        set.every((_, i) => couldMatter(set.slice(0, i + 1))),
      );
      expect(shown).toEqual(expected);
    }),
    { numRuns: 500 },
  );
});

test("it ends when the visitor or the effort ends it", () => {
  fc.assert(
    fc.property(task, fc.integer({ min: 1, max: 4 }), fc.nat(600), (one, some, units) => {
      const all = allSets(one);
      const ended = { couldMatter: () => true, effort: effort() };
      const shown: (readonly number[])[] = [];
      const goesOn = visitSets(one.candidates, one.distribution, ended, (set) => {
        return shown.push([...set]) < some;
      });
      expect([goesOn, shown]).toEqual([all.length < some, all.slice(0, some)]);
      const tired = { couldMatter: () => true, effort: effort(units) };
      const few: (readonly number[])[] = [];
      const isAll = visitSets(one.candidates, one.distribution, tired, (set) => {
        return few.push([...set]) > 0;
      });
      expect(few).toEqual(all.slice(0, few.length));
      expect(isAll).toBe(tired.effort.sufficed());
      if (isAll) expect(few).toEqual(all);
    }),
    { numRuns: 500 },
  );
});
