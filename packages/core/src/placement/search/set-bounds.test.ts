import * as fc from "fast-check";
import { expect, test } from "vitest";
import { defaultHostPolicy } from "../../request/host-policy.ts";
import type { Device } from "../inventory/devices.ts";
import { inventoryOf } from "../inventory/inventory.ts";
import { emptyOccupancy } from "../occupancy/occupancy.ts";
import { type Space, spaceFor } from "../space/space.ts";
import { type CostedSet, holdAgainstAll } from "../testing/beginnings.ts";
import { subsets } from "../testing/subsets.ts";
import { worstCase } from "../testing/worst-cases.ts";
import { boundOnDemand } from "./bound-on-demand.ts";
import { networkBound } from "./network-bound.ts";
import { peerPairs } from "./pair-costs.ts";
import { peerBound } from "./peer-bound.ts";
import type { SetBound } from "./set-bound.ts";
import { type Shelf, shelfOfEach, shelvesOf } from "./shelves.ts";
import type { Spread } from "./spreads.ts";

/** An irregular machine, of whose accelerators some have no known node, and a request for some. */
interface Task {
  readonly space: Space;
  readonly candidates: readonly Device[];
  readonly shelves: readonly Shelf[];
}

interface Given {
  readonly seed: number;
  readonly count: number;
  readonly nics: number;
  readonly strangers: readonly number[];
}

const arbitrary: fc.Arbitrary<Given> = fc.record({
  seed: fc.nat(),
  count: fc.integer({ min: 1, max: 4 }),
  nics: fc.nat(3),
  strangers: fc.uniqueArray(fc.nat(6), { maxLength: 2 }),
});

function taskOf({ seed, count, nics, strangers }: Given): Task {
  const size = { nodes: [1, 2, 3, 4], accelerators: [5, 6, 7], nicsMax: 5 };
  const { topology, request } = worstCase(size, seed);
  const inventory = inventoryOf(topology, defaultHostPolicy);
  const asked = {
    ...request,
    accelerators: { ...request.accelerators, count },
    nics: { count: nics, rdma: false },
  };
  const space = spaceFor(inventory, emptyOccupancy(inventory), asked);
  const candidates = space.accelerators.map((device, i) =>
    strangers.includes(i) ? { ...device, node: null } : device,
  );
  return { space, candidates, shelves: shelvesOf(candidates) };
}

/** All sets of the request's size, by their spreads. */
function setsOf(
  { space, candidates, shelves }: Task,
  costOf: (accelerators: readonly Device[]) => number,
): readonly (readonly [Spread, readonly CostedSet[]])[] {
  const shelfOf = shelfOfEach(shelves, candidates.length);
  const sets = [...subsets([...candidates.keys()], space.request.accelerators.count)];
  const spreadOf = (set: readonly number[]): Spread =>
    shelves.map((_, s) => set.filter((i) => shelfOf[i] === s).length);
  return [...Map.groupBy(sets, (set) => spreadOf(set).join())].map(([, alike]) => [
    spreadOf(alike[0] ?? []),
    alike.map((set) => ({ set, cost: costOf(set.flatMap((i) => candidates[i] ?? [])) })),
  ]);
}

const addresses = (devices: readonly Device[]): readonly string[] =>
  devices.map(({ address }) => address);

test("transfers between accelerators cost no less than is said of any beginning of a set", () => {
  fc.assert(
    fc.property(arbitrary, fc.double({ min: 0.1, max: 1, noNaN: true }), (given, weight) => {
      const one = taskOf(given);
      const { space, candidates, shelves } = one;
      const model = space.inventory.relations.model(space.request.workload);
      const bound = peerBound(space, weight, shelves, () => peerPairs(space, candidates));
      const cost = (set: readonly Device[]): number => weight * model.peer(addresses(set));
      for (const [spread, sets] of setsOf(one, cost)) holdAgainstAll(bound, spread, sets, true);
    }),
    { numRuns: 300 },
  );
});

test("network paths cost no less than is said of any beginning of a set, whatever the NICs", () => {
  fc.assert(
    fc.property(
      arbitrary,
      fc.double({ min: 0, max: 1, noNaN: true }),
      fc.boolean(),
      (given, weight, near) => {
        const one = taskOf(given);
        const { space, candidates, shelves } = one;
        const model = space.inventory.relations.model(space.request.workload);
        const bound = networkBound(space, weight, candidates, shelves, near);
        const cost = (set: readonly Device[]): number => {
          const offered = space.nics.filter(
            (nic) => !near || set.some(({ node }) => node === nic.node),
          );
          const costs = [...subsets(offered, space.request.nics.count)].map((nics) =>
            model.network(addresses(set), addresses(nics)),
          );
          return weight === 0 ? 0 : weight * Math.min(...costs);
        };
        const isExact = space.request.nics.count === 0 || weight === 0;
        for (const [spread, sets] of setsOf(one, cost))
          holdAgainstAll(bound, spread, sets, isExact);
      },
    ),
    { numRuns: 300 },
  );
});

test("a bound that is made and told when it is asked says what one says that was told of each step", () => {
  const sets = fc.array(fc.uniqueArray(fc.nat(6), { maxLength: 3 }), { maxLength: 8 });
  fc.assert(
    fc.property(arbitrary, fc.array(sets, { maxLength: 3 }), (given, asked) => {
      const { space, candidates, shelves } = taskOf(given);
      const make = (): readonly [SetBound, SetBound] => [
        peerBound(space, 0.5, shelves, () => peerPairs(space, candidates)),
        networkBound(space, 0.5, candidates, shelves, false),
      ];
      const onDemand = boundOnDemand(make);
      const { count } = space.request.accelerators;
      const spread = shelves.map(({ members }) => members.length);
      for (const beginnings of asked) {
        onDemand.begin(spread);
        for (const some of beginnings) {
          const chosen = some.filter((i) => i < candidates.length).slice(0, count);
          const told = make();
          for (const bound of told) {
            bound.begin(spread);
            for (const i of chosen) bound.take(i);
          }
          const expected = told.reduce((sum, bound) => sum + bound.least(0), 0);
          // Where there are too few NICs nothing is cheap enough, in either way of asking.
          if (Number.isFinite(expected)) expect(onDemand.least(chosen, 0)).toBeCloseTo(expected, 9);
        }
      }
    }),
    { numRuns: 100 },
  );
});
