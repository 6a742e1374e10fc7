import * as fc from "fast-check";
import { expect, test } from "vitest";
import { at } from "../../../unit/list.ts";
import { groupedDevices } from "../../../../testing/placement/grouped-devices.ts";
import { subsets } from "../../../../testing/placement/subsets.ts";
import { effort } from "./effort.ts";
import { nicChoices, type NicTask } from "./nic-choice.ts";
import { sum } from "../../../unit/sum.ts";

/** The network costs, a row for each accelerator, and the NICs' IOMMU groups. */
interface Problem {
  readonly count: number;
  readonly cost: readonly (readonly number[])[];
  readonly groups: readonly number[];
  /** The orbit of each NIC: NICs of one orbit cost the same, each alone in its group. */
  readonly kinds: readonly string[];
}

interface Choice {
  readonly chosen: readonly number[];
  readonly cost: number;
  readonly unrequestedDevices: number;
}

/** The sum, instead of the mean, of the cost from each device to its nearest. */
function costOf(cost: Problem["cost"], chosen: readonly number[]): number {
  if (cost.length === 0) return 1;
  return (
    sum(cost.map((row) => Math.min(...chosen.map((j) => at(row, j))))) +
    sum(chosen.map((j) => Math.min(...cost.map((row) => at(row, j)))))
  );
}

/** Every set of NICs, in order, with its cost by the definition. */
function allChoices({ count, cost, groups }: Problem): readonly Choice[] {
  return [...subsets([...groups.keys()], count)].map((chosen) => ({
    chosen,
    cost: costOf(cost, chosen),
    unrequestedDevices: groups.filter(
      (group, j) => !chosen.includes(j) && chosen.some((other) => groups[other] === group),
    ).length,
  }));
}

const problem: fc.Arbitrary<Problem> = fc
  .record({
    kinds: fc.array(fc.nat(4), { minLength: 1, maxLength: 7 }),
    costs: fc.array(fc.array(fc.integer({ min: 1, max: 4 }), { minLength: 5, maxLength: 5 }), {
      maxLength: 3,
    }),
    count: fc.integer({ min: 1, max: 4 }),
    grouped: fc.uniqueArray(fc.nat(4), { maxLength: 3 }),
  })
  .map(({ kinds, costs, count, grouped }) => ({
    count: Math.min(count, kinds.length),
    cost: costs.map((row) => kinds.map((kind) => at(row, kind))),
    groups: kinds.map((kind, j) => (grouped.includes(kind) ? kind : 5 + j)),
    kinds: kinds.map((kind, j) => (grouped.includes(kind) ? `only ${j}` : `${kind}`)),
  }));

/** NICs and accelerators are known by their positions in the problem. */
function taskOf({ count, cost, groups, kinds }: Problem, units?: number): NicTask {
  const relative = cost.map((row) => Float64Array.from(row));
  const names = [...new Set(kinds)];
  // Accelerators come after the NICs, each in a group of its own.
  const accelerators = groupedDevices([...groups, ...cost.map((_, i) => 100 + i)])
    .slice(groups.length)
    .map((device, position) => ({ ...device, position }));
  return {
    nicOrbit: kinds.map((kind) => names.indexOf(kind)),
    model: {
      paths: { network: () => ({ relative, basis: [] }) },
      network: (_, nics) => costOf(cost, nics),
    },
    accelerators,
    nics: groupedDevices(groups),
    count,
    effort: effort(units),
  };
}

function shown(one: Problem, variants: "best" | "tied" | "all", units?: number): readonly Choice[] {
  const task = taskOf(one, units);
  return nicChoices(task, { variants }).map(({ nics, network, unrequestedDevices }) => {
    return { chosen: nics.map((nic) => task.nics.indexOf(nic)), cost: network, unrequestedDevices };
  });
}

/** The first choice of each orbit. */
function distinctChoices(one: Problem): readonly Choice[] {
  const seen = new Set<string>();
  return allChoices(one).filter(({ chosen }) => {
    const kind = chosen
      .map((j) => at(one.kinds, j))
      .toSorted()
      .join();
    return !seen.has(kind) && seen.add(kind).size > 0;
  });
}

test("best: the first choice with the least cost", () => {
  fc.assert(
    fc.property(problem, (one) => {
      const best = allChoices(one).reduce((a, b) =>
        b.cost < a.cost || (b.cost === a.cost && b.unrequestedDevices < a.unrequestedDevices)
          ? b
          : a,
      );
      expect(shown(one, "best")).toEqual([best]);
    }),
    { numRuns: 1000 },
  );
});

test("all: every set of NICs, in order, one of each orbit", () => {
  fc.assert(
    fc.property(problem, (one) => {
      expect(shown(one, "all")).toEqual(distinctChoices(one));
    }),
    { numRuns: 1000 },
  );
});

test("tied: all with the least cost and the fewest unrequested devices, one of each orbit", () => {
  let several = 0;
  fc.assert(
    fc.property(problem, (one) => {
      const all = distinctChoices(one);
      const cost = Math.min(...all.map((choice) => choice.cost));
      const cheapest = all.filter((choice) => choice.cost === cost);
      const unrequestedDevices = Math.min(...cheapest.map((choice) => choice.unrequestedDevices));
      const expected = cheapest.filter(
        (choice) => choice.unrequestedDevices === unrequestedDevices,
      );
      if (expected.length > 1) several++;
      expect(shown(one, "tied")).toEqual(expected);
    }),
    { numRuns: 1000 },
  );
  expect(several).toBeGreaterThan(100);
});

test("too few NICs give no choice, none asked for give one, and used up effort the first", () => {
  const one = { count: 2, cost: [], groups: [0], kinds: ["a"] };
  expect(shown(one, "best")).toEqual([]);
  expect(shown({ ...one, count: 0 }, "best")).toEqual([
    { chosen: [], cost: 1, unrequestedDevices: 0 },
  ]);
  const many = {
    count: 2,
    cost: [[1, 2, 3, 4]],
    groups: [0, 1, 2, 3],
    kinds: ["a", "b", "c", "d"],
  };
  expect(shown(many, "all")).toHaveLength(6);
  expect(shown(many, "all", 1)).toHaveLength(1);
});
