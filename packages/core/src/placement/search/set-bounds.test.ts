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
import { acceleratorBound } from "./accelerator-bound.ts";
import { boundOnDemand } from "./bound-on-demand.ts";
import { networkBound } from "./network-bound.ts";
import { peerPairs } from "./pair-costs.ts";
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

/** The bounds of what transfers between accelerators and to NICs cost. */
function boundsOf(
  { space, candidates, shelves }: Task,
  [peer, network]: readonly [number, number],
  near: boolean,
): readonly [SetBound, SetBound] {
  const { alone, rest } = networkBound(space, network, candidates, shelves, near);
  return [acceleratorBound(space, peer, shelves, () => peerPairs(space, candidates), alone), rest];
}

const weight = fc.oneof(fc.constant(0), fc.double({ min: 0.01, max: 1, noNaN: true }));

test("paths of a set cost no less than is said of any beginning of it, whatever the NICs", () => {
  fc.assert(
    fc.property(arbitrary, weight, weight, fc.boolean(), (given, peer, network, near) => {
      const one = taskOf(given);
      const { space } = one;
      const model = space.inventory.relations.model(space.request.workload);
      const toNics = (set: readonly Device[]): number => {
        const offered = space.nics.filter(
          (nic) => !near || set.some(({ node }) => node === nic.node),
        );
        const costs = [...subsets(offered, space.request.nics.count)].map((nics) =>
          model.network(addresses(set), addresses(nics)),
        );
        return network === 0 ? 0 : network * Math.min(...costs);
      };
      const cost = (set: readonly Device[]): number =>
        peer * model.peer(addresses(set)) + toNics(set);
      const bound = sumOf(boundsOf(one, [peer, network], near));
      const isExact = space.request.nics.count === 0 || network === 0;
      for (const [spread, sets] of setsOf(one, cost)) holdAgainstAll(bound, spread, sets, isExact);
    }),
    { numRuns: 600 },
  );
});

function sumOf([one, other]: readonly [SetBound, SetBound]): SetBound {
  const both = (act: (bound: SetBound) => void): void => {
    act(one);
    act(other);
  };
  return {
    begin: (spread) => both((bound) => bound.begin(spread)),
    take: (i) => both((bound) => bound.take(i)),
    untake: (i) => both((bound) => bound.untake(i)),
    least: (from) => one.least(from) + other.least(from),
  };
}

test("a bound that is made and told when it is asked says what one says that was told of each step", () => {
  const sets = fc.array(fc.uniqueArray(fc.nat(6), { maxLength: 3 }), { maxLength: 8 });
  fc.assert(
    fc.property(arbitrary, fc.array(sets, { maxLength: 3 }), (given, asked) => {
      const one = taskOf(given);
      const { space, candidates, shelves } = one;
      const make = (): readonly [SetBound, SetBound] => boundsOf(one, [0.5, 0.5], false);
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
