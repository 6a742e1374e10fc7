import * as fc from "fast-check";
import { expect, test } from "vitest";
import { groupedDevices, groupSizes } from "../testing/grouped-devices.ts";
import { subsets } from "../testing/subsets.ts";
import { type Alongside, alongside } from "./alongside.ts";
import { effort } from "./effort.ts";
import { chooseNics, type NicChoice, visitEqualNics, visitNicSets } from "./nic-choice.ts";

/** What comes along, begun with all of them on offer. */
function alongOf(groups: readonly number[]): Alongside {
  const nics = groupedDevices(groups);
  const along = alongside(groupSizes(groups), nics);
  along.begin([], nics);
  return along;
}

const sum = (values: readonly number[]): number => values.reduce((a, b) => a + b, 0);

interface Choice {
  readonly chosen: readonly number[];
  readonly cost: number;
  readonly extra: number;
}

/** Every set of NICs, in order, with its cost by the definition. */
function allChoices(
  nics: number,
  count: number,
  cost: readonly (readonly number[])[],
  groups: readonly number[],
): Choice[] {
  return [...subsets([...Array(nics).keys()], count)].map((chosen) => ({
    chosen,
    cost:
      cost.length === 0
        ? 0
        : sum(cost.map((row) => Math.min(...chosen.map((j) => row[j] ?? 0)))) +
          sum(chosen.map((j) => Math.min(...cost.map((row) => row[j] ?? 0)))),
    extra: groups.filter(
      (group, j) => !chosen.includes(j) && chosen.some((other) => groups[other] === group),
    ).length,
  }));
}

test("the NICs are the first of the best, whatever the costs", () => {
  const costs = fc.integer({ min: 1, max: 4 });
  const problem = fc
    .record({ accelerators: fc.nat(4), nics: fc.integer({ min: 1, max: 6 }) })
    .chain(({ accelerators, nics }) => {
      const row = fc.array(costs, { minLength: nics, maxLength: nics });
      return fc.record({
        nics: fc.constant(nics),
        count: fc.integer({ min: 1, max: nics }),
        cost: fc.array(row, { minLength: accelerators, maxLength: accelerators }),
        groups: fc.array(fc.nat(nics - 1), { minLength: nics, maxLength: nics }),
      });
    });
  fc.assert(
    fc.property(problem, ({ nics, count, cost, groups }) => {
      const devices = groupedDevices(groups);
      const best = allChoices(nics, count, cost, groups).reduce((a, b) =>
        b.cost < a.cost || (b.cost === a.cost && b.extra < a.extra) ? b : a,
      );
      const along = alongOf(groups);
      const chosen = chooseNics({ nics: devices, count, cost, along, effort: effort() });
      expect(chosen?.nics.map((nic) => devices.indexOf(nic))).toEqual(best.chosen);
    }),
    { numRuns: 1000 },
  );
});

test("too few are none at all, and none are no trouble", () => {
  const one = groupedDevices([0]);
  const task = { nics: one, cost: [], along: alongOf([0]), effort: effort() };
  expect(chooseNics({ ...task, count: 2 })).toBeNull();
  expect(chooseNics({ ...task, count: 0 })?.nics).toEqual([]);
});

interface AlikeTask {
  readonly count: number;
  readonly cost: readonly (readonly number[])[];
  readonly groups: readonly number[];
  /** NICs of one kind are alike: they cost everyone the same, and each is in a group by itself. */
  readonly kinds: readonly string[];
}

const alikeTask: fc.Arbitrary<AlikeTask> = fc
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
    cost: costs.map((row) => kinds.map((kind) => row[kind] ?? 1)),
    groups: kinds.map((kind, j) => (grouped.includes(kind) ? kind : 5 + j)),
    kinds: kinds.map((kind, j) => (grouped.includes(kind) ? `only ${j}` : `${kind}`)),
  }));

/** All choices of which nobody can tell one before them apart. */
function distinctChoices({ count, cost, groups, kinds }: AlikeTask): readonly Choice[] {
  const seen = new Set<string>();
  return allChoices(kinds.length, count, cost, groups).filter(({ chosen }) => {
    const kind = chosen
      .map((j) => kinds[j] ?? "")
      .toSorted()
      .join();
    return !seen.has(kind) && seen.add(kind).size > 0;
  });
}

type Visit = typeof visitNicSets;

function shownBy(
  visitChoices: Visit,
  { count, cost, groups, kinds }: AlikeTask,
  open: Parameters<Visit>[2],
): readonly Choice[] {
  const nics = groupedDevices(groups);
  const alike = kinds.map((kind, j) => kinds.slice(0, j).lastIndexOf(kind));
  const shown: Choice[] = [];
  const task = { nics, count, cost, along: alongOf(groups), effort: effort() };
  visitChoices(
    task,
    () => alike,
    open,
    (choice: NicChoice) => {
      const chosen = choice.nics.map((nic) => nics.indexOf(nic));
      shown.push({ chosen, cost: choice.cost, extra: choice.extra });
    },
  );
  return shown;
}

test("all sets of NICs within any bounds are shown, in order, one of each kind", () => {
  fc.assert(
    fc.property(alikeTask, fc.nat(24), fc.nat(6), (task, most, mostExtra) => {
      const isOpen = (cost: number, extra: number): boolean => cost <= most && extra <= mostExtra;
      const expected = distinctChoices(task).filter(({ cost, extra }) => isOpen(cost, extra));
      expect(shownBy(visitNicSets, task, isOpen)).toEqual(expected);
    }),
    { numRuns: 1000 },
  );
});

test("of those that cost least all are shown that take the fewest along, one of each kind", () => {
  fc.assert(
    fc.property(alikeTask, (task) => {
      const all = distinctChoices(task);
      const cost = Math.min(...all.map((one) => one.cost));
      const cheapest = all.filter((one) => one.cost === cost);
      const extra = Math.min(...cheapest.map((one) => one.extra));
      const expected = cheapest.filter((one) => one.extra === extra);
      expect(shownBy(visitEqualNics, task, () => true)).toEqual(expected);
      expect(shownBy(visitEqualNics, task, (most) => most < cost)).toEqual([]);
    }),
    { numRuns: 1000 },
  );
});
