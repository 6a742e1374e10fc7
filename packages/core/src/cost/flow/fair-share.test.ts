import * as fc from "fast-check";
import { expect, test } from "vitest";
import { at } from "../../unit/list.ts";
import { shareFaults } from "../../../testing/cost/share-faults.ts";
import {
  aloneRates,
  assuredRates,
  fairRates,
  type SharedFlows,
  type SharedResources,
} from "./fair-share.ts";

interface Path {
  readonly hops: readonly (readonly [resource: number, weight: number])[];
  readonly demand: number;
}

function flowsOf(paths: readonly Path[]): SharedFlows {
  const hops = paths.flatMap((path) => path.hops);
  const starts = [0];
  for (const { hops: own } of paths) starts.push(Number(starts.at(-1)) + own.length);
  return {
    starts: Int32Array.from(starts),
    hops: Int32Array.from(hops, ([resource]) => resource),
    weights: Float64Array.from(hops, ([, weight]) => weight),
    demands: Float64Array.from(paths, ({ demand }) => demand),
  };
}

function resourcesOf(
  capacities: readonly number[],
  kinds: readonly number[] = capacities.map(() => 0),
): SharedResources {
  return { capacities: Float64Array.from(capacities), kinds: Int32Array.from(kinds) };
}

const path = (demand: number, ...resources: readonly number[]): Path => ({
  hops: resources.map((resource) => [resource, 1]),
  demand,
});

test("equal shares, demands below the share, and weights, worked out by hand", () => {
  const link = resourcesOf([34.4]);
  const four = flowsOf([1, 2, 3, 4].map(() => path(26.2, 0)));
  expect([...fairRates(link, four)]).toEqual([8.6, 8.6, 8.6, 8.6]);
  const small = flowsOf([path(4.4, 0), path(Infinity, 0), path(Infinity, 0)]);
  expect([...fairRates(link, small)]).toEqual([4.4, 15, 15]);
  const heavy = flowsOf([
    { hops: [[0, 2]], demand: Infinity },
    { hops: [[0, 1]], demand: Infinity },
  ]);
  expect([...fairRates(resourcesOf([30]), heavy)]).toEqual([10, 10]);
});

test("what nobody limits is infinite, and an unknown capacity limits nobody", () => {
  const flows = flowsOf([path(Infinity, 0), path(5, 0), path(Infinity)]);
  const unknown = resourcesOf([Infinity]);
  expect([...fairRates(unknown, flows)]).toEqual([Infinity, 5, Infinity]);
  expect([...assuredRates(unknown, flows).rates]).toEqual([Infinity, 5, Infinity]);
  expect([...assuredRates(unknown, flows).limits]).toEqual([-1, -1, -1]);
});

test("a flow that throttles a neighbor speeds up a third by fair rates, and not by assured ones", () => {
  const resources = resourcesOf([10, 10]);
  const before = flowsOf([path(Infinity, 1), path(Infinity, 0, 1)]);
  const after = flowsOf([
    path(Infinity, 1),
    path(Infinity, 0, 1),
    path(Infinity, 0),
    path(Infinity, 0),
  ]);
  expect([...fairRates(resources, before)]).toEqual([5, 5]);
  expect(fairRates(resources, after)[0]).toBeCloseTo(10 - 10 / 3, 12);
  expect(assuredRates(resources, before).rates[0]).toBe(5);
  expect(assuredRates(resources, after).rates[0]).toBe(5);
});

test("flows through one narrow link take no more of a controller than the link carries", () => {
  // A controller of 110, a socket link of 34.4 that four copies cross, and CPUs that read 100.
  const resources = resourcesOf([110, 34.4], [0, 1]);
  const copies = [1, 2, 3, 4].map(() => path(26.2, 0, 1));
  const flows = flowsOf([...copies, path(100, 0)]);
  const { rates, limits, utilisation } = assuredRates(resources, flows);
  expect(rates[4]).toBeCloseTo(75.6, 9);
  expect(Array.from(rates.subarray(0, 4))).toEqual([8.6, 8.6, 8.6, 8.6]);
  expect([...limits]).toEqual([1, 1, 1, 1, 0]);
  expect([...utilisation]).toEqual([1, 1]);
});

const size = fc.integer({ min: 1, max: 6 });

/** Capacities, kinds and flows over them; small numbers, so that ties are common. */
const network = size.chain((count) =>
  fc.record({
    capacities: fc.array(
      fc.oneof(
        fc.integer({ min: 1, max: 12 }),
        fc.double({ min: 0.5, max: 50, noNaN: true }),
        fc.constant(Infinity),
      ),
      { minLength: count, maxLength: count },
    ),
    kinds: fc.array(fc.integer({ min: 0, max: 2 }), { minLength: count, maxLength: count }),
    paths: fc.array(
      fc.record({
        hops: fc
          .uniqueArray(fc.integer({ min: 0, max: count - 1 }), { maxLength: 4 })
          .chain((hops) =>
            fc.tuple(
              ...hops.map((hop) => fc.tuple(fc.constant(hop), fc.constantFrom(0.5, 1, 1.44, 3))),
            ),
          ),
        demand: fc.oneof(fc.integer({ min: 0, max: 15 }), fc.constant(Infinity)),
      }),
      { minLength: 1, maxLength: 8 },
    ),
  }),
);

test("fair rates pass the independent check, which no altered rates do", () => {
  fc.assert(
    fc.property(
      network,
      fc.nat(),
      fc.constantFrom(0.9, 1.1),
      ({ capacities, paths }, which, factor) => {
        const [resources, flows] = [resourcesOf(capacities), flowsOf(paths)];
        const rates = fairRates(resources, flows);
        expect(shareFaults(resources, flows, rates)).toEqual([]);
        const one = which % rates.length;
        const altered = Float64Array.from(rates, (rate, i) => (i === one ? rate * factor : rate));
        if (rates[one] === 0 || rates[one] === Infinity) return;
        expect(shareFaults(resources, flows, altered)).not.toEqual([]);
      },
    ),
    { numRuns: 400 },
  );
});

test("assured rates are never above the fair ones, so that no resource is over its capacity", () => {
  fc.assert(
    fc.property(network, ({ capacities, kinds, paths }) => {
      const [resources, flows] = [resourcesOf(capacities, kinds), flowsOf(paths)];
      const [fair, alone] = [fairRates(resources, flows), aloneRates(resources, flows)];
      for (const [i, rate] of assuredRates(resources, flows).rates.entries()) {
        expect(rate).toBeLessThanOrEqual(Number(fair[i]) * (1 + 1e-9));
        expect(Number(fair[i])).toBeLessThanOrEqual(Number(alone[i]) * (1 + 1e-9));
      }
    }),
    { numRuns: 400 },
  );
});

test("adding a flow or raising a demand raises no other flow's assured rate", () => {
  fc.assert(
    fc.property(
      network,
      fc.nat(),
      fc.integer({ min: 1, max: 9 }),
      ({ capacities, kinds, paths }, which, more) => {
        const resources = resourcesOf(capacities, kinds);
        const changed = which % paths.length;
        const without = paths.filter((_, i) => i !== changed);
        const raised = paths.map((one, i) =>
          i === changed ? { ...one, demand: one.demand + more } : one,
        );
        const rates = (of: readonly Path[]): Float64Array =>
          assuredRates(resources, flowsOf(of)).rates;
        const [now, alone, then] = [rates(paths), rates(without), rates(raised)];
        for (const i of without.keys()) {
          const own = i < changed ? i : i + 1;
          expect(now[own]).toBeLessThanOrEqual(Number(alone[i]) * (1 + 1e-9));
          expect(then[own]).toBeLessThanOrEqual(Number(now[own]) * (1 + 1e-9));
        }
      },
    ),
    { numRuns: 600 },
  );
});

test("the same load elsewhere in the list or on renamed resources gives the same rates", () => {
  fc.assert(
    fc.property(network, fc.nat(), ({ capacities, kinds, paths }, turn) => {
      const rotated = <Item>(items: readonly Item[]): Item[] =>
        items.map((_, i) => at(items, (i + turn) % items.length));
      const count = capacities.length;
      const renamed = paths.map(({ hops, demand }) => ({
        demand,
        hops: hops
          .map(([hop, weight]) => [(hop + count - (turn % count)) % count, weight] as const)
          .toReversed(),
      }));
      const [resources, flows] = [resourcesOf(capacities, kinds), flowsOf(paths)];
      const others = resourcesOf(rotated(capacities), rotated(kinds));
      const same = flowsOf(rotated(renamed));
      for (const rates of [
        (a: SharedResources, b: SharedFlows) => fairRates(a, b),
        (a: SharedResources, b: SharedFlows) => assuredRates(a, b).rates,
      ]) {
        const [was, is] = [rotated([...rates(resources, flows)]), rates(others, same)];
        for (const [i, rate] of was.entries()) {
          if (rate === Infinity) expect(is[i]).toBe(Infinity);
          else expect(Math.abs(Number(is[i]) - rate)).toBeLessThanOrEqual(1e-9 * rate);
        }
      }
    }),
    { numRuns: 300 },
  );
});
