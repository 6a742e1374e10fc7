import * as fc from "fast-check";
import { expect, test } from "vitest";
import { defaultHostPolicy, type HostPolicy } from "../../request/host-policy.ts";
import type { Request } from "../../request/request.ts";
import { smallTopology } from "../../topology/testing/arbitrary-machine.ts";
import { GiB } from "../../unit/bytes.ts";
import { type Inventory, inventoryOf } from "../inventory/inventory.ts";
import { useOfLayout } from "../occupancy/layout-use.ts";
import { emptyOccupancy, occupied, type Occupancy } from "../occupancy/occupancy.ts";
import { layoutSignature } from "../signature/layout-signature.ts";
import { spaceFor } from "../space/space.ts";
import { demandOf } from "../state/demand.ts";
import { stateBook } from "../state/states.ts";
import { filled, layoutsOf, smallRequest } from "../testing/arbitrary-occupancy.ts";
import { mostPlans } from "../testing/most-plans.ts";
import { capacities } from "./capacity.ts";
import { lossOf } from "./loss.ts";

const policy: HostPolicy = {
  ...defaultHostPolicy,
  reserved: { coresPerNode: 0, cpus: null, memoryPerNodeBytes: 15 * GiB },
};

const situation = fc.record({
  topology: smallTopology,
  earlier: fc.array(fc.record({ request: smallRequest, choice: fc.nat(7) }), { maxLength: 2 }),
});

/** Every sequence of layouts, without states, bounds or symmetry: as many as there are. */
function mostLayouts(
  inventory: Inventory,
  occupancy: Occupancy,
  request: Request,
  signature: string | null,
): number {
  const known = new Map<string, number>();
  const most = (from: Occupancy): number => {
    const key = JSON.stringify(Object.values(from).map((part: unknown) => part));
    const before = known.get(key);
    if (before !== undefined) return before;
    const space = spaceFor(inventory, from, request);
    const counts = layoutsOf(inventory, from, request)
      .filter((layout) => {
        return signature === null || layoutSignature(space, layout).signature === signature;
      })
      .map((layout) => 1 + most(occupied(inventory, from, useOfLayout(space, layout.cells))));
    const count = Math.max(0, ...counts);
    known.set(key, count);
    return count;
  };
  return most(occupancy);
}

test("as many fit as any sequence of placements reaches", () => {
  fc.assert(
    fc.property(situation, smallRequest, ({ topology, earlier }, request) => {
      const inventory = inventoryOf(topology, policy);
      const occupancy = filled(inventory, earlier);
      const states = stateBook();
      const capacity = capacities(states);
      const count = capacity(states.of(inventory, occupancy), demandOf(request));
      expect(count).toBe(mostLayouts(inventory, occupancy, request, null));
    }),
    { numRuns: 400 },
  );
});

test("as many fit of a signature as any sequence of placements in it reaches", () => {
  fc.assert(
    fc.property(situation, smallRequest, ({ topology, earlier }, request) => {
      const inventory = inventoryOf(topology, policy);
      const occupancy = filled(inventory, earlier);
      const space = spaceFor(inventory, occupancy, request);
      const layouts = layoutsOf(inventory, occupancy, request);
      const classes = new Set(layouts.map((layout) => layoutSignature(space, layout).signature));
      const states = stateBook();
      const capacity = capacities(states);
      for (const signature of classes) {
        const count = capacity(states.of(inventory, occupancy), demandOf(request, signature));
        expect(count).toBe(mostLayouts(inventory, occupancy, request, signature));
        expect(count).toBeGreaterThan(0);
      }
    }),
    { numRuns: 300 },
  );
});

test("as many fit as any sequence of legal plans reaches", () => {
  fc.assert(
    fc.property(smallTopology, smallRequest, (topology, given) => {
      const request = { ...given, locality: "strict", isolation: "core" } as const;
      // Every sequence of these is tried, and each of their plans checked anew.
      if (topology.nics.length + topology.accelerators.length > 4) return;
      const inventory = inventoryOf(topology, policy);
      const states = stateBook();
      const state = states.of(inventory, emptyOccupancy(inventory));
      const count = capacities(states)(state, demandOf(request));
      expect(count).toBe(mostPlans({ topology, taken: [], policy }, request));
    }),
    { numRuns: 100 },
  );
});

test("a placement loses what can be sold less, in shares of what an empty host could", () => {
  fc.assert(
    fc.property(
      situation,
      fc.array(fc.tuple(smallRequest, fc.integer({ min: 1, max: 3 })), {
        minLength: 1,
        maxLength: 3,
      }),
      smallRequest,
      ({ topology, earlier }, sold, request) => {
        const inventory = inventoryOf(topology, policy);
        const before = filled(inventory, earlier);
        const [layout] = layoutsOf(inventory, before, request);
        if (layout === undefined) return;
        const use = useOfLayout(spaceFor(inventory, before, request), layout.cells);
        const after = occupied(inventory, before, use);
        const states = stateBook();
        const offers = sold.map(([wanted, weight]) => ({ demand: demandOf(wanted), weight }));
        const loss = lossOf(states, capacities(states), offers);
        const most = (occupancy: Occupancy, wanted: Request): number =>
          mostLayouts(inventory, occupancy, wanted, null);
        const expected = sold.reduce((sum, [wanted, weight]) => {
          const empty = most(emptyOccupancy(inventory), wanted);
          const fewer = most(before, wanted) - most(after, wanted);
          return empty === 0 ? sum : sum + (weight * fewer) / empty;
        }, 0);
        const [one, other] = [before, after].map((occupancy) => states.of(inventory, occupancy));
        if (one === undefined || other === undefined) throw new Error("no states");
        expect(loss(one, other)).toBeCloseTo(expected, 9);
      },
    ),
    { numRuns: 150 },
  );
});
