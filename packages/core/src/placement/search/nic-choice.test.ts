import * as fc from "fast-check";
import { expect, test } from "vitest";
import { effort } from "./effort.ts";
import { chooseNics } from "./nic-choice.ts";

interface Nic {
  readonly address: string;
}

const nicsOf = (count: number): Nic[] =>
  Array.from({ length: count }, (_, i) => ({ address: `0000:0${i}:00.0` }));

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
  loss: readonly number[],
): Choice[] {
  const sets = (from: number, left: number): number[][] =>
    left === 0
      ? [[]]
      : Array.from({ length: Math.max(0, nics - from) }, (_, i) => from + i).flatMap((j) =>
          sets(j + 1, left - 1).map((rest) => [j, ...rest]),
        );
  return sets(0, count).map((chosen) => ({
    chosen,
    cost:
      cost.length === 0
        ? 0
        : sum(cost.map((row) => Math.min(...chosen.map((j) => row[j] ?? 0)))) +
          sum(chosen.map((j) => Math.min(...cost.map((row) => row[j] ?? 0)))),
    extra: sum(chosen.map((j) => loss[j] ?? 0)),
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
        loss: fc.array(fc.nat(1), { minLength: nics, maxLength: nics }),
      });
    });
  fc.assert(
    fc.property(problem, ({ nics, count, cost, loss }) => {
      const devices = nicsOf(nics);
      const extra = (chosen: readonly Nic[]): number =>
        sum(chosen.map((nic) => loss[devices.indexOf(nic)] ?? 0));
      const best = allChoices(nics, count, cost, loss).reduce((a, b) =>
        b.cost < a.cost || (b.cost === a.cost && b.extra < a.extra) ? b : a,
      );
      const chosen = chooseNics(devices, count, cost, extra, effort());
      expect(chosen?.map((nic) => devices.indexOf(nic))).toEqual(best.chosen);
    }),
    { numRuns: 500 },
  );
});

test("too few are none at all, and none are no trouble", () => {
  expect(chooseNics(nicsOf(1), 2, [], () => 0, effort())).toBeNull();
  expect(chooseNics(nicsOf(1), 0, [], () => 0, effort())).toEqual([]);
});
