import * as fc from "fast-check";
import { expect, test } from "vitest";
import { defaultHostPolicy } from "../../request/host-policy.ts";
import type { Request } from "../../request/request.ts";
import { requestOf } from "../../request/testing/requests.ts";
import { isolations, localities } from "../../request/virtual-machine.ts";
import { smallTopology } from "../../topology/testing/arbitrary-machine.ts";
import { GiB, MiB } from "../../unit/bytes.ts";
import { buildPlan } from "../build-plan.ts";
import { inventoryOf } from "../inventory/inventory.ts";
import { placed } from "../search/layout-cost.ts";
import { searchSpace } from "../search/search.ts";
import { spaceFor } from "../space/space.ts";
import { useOfLayout } from "./layout-use.ts";
import { emptyOccupancy, occupied, type Occupancy, vacated } from "./occupancy.ts";
import { occupancyOf, useOfPlan } from "./plan-use.ts";
import type { Plan } from "../plan.ts";

const request: fc.Arbitrary<Request> = fc
  .record({
    accelerators: fc.integer({ min: 0, max: 3 }),
    nics: fc.integer({ min: 0, max: 2 }),
    vcpus: fc.integer({ min: 1, max: 9 }),
    isolation: fc.constantFrom(...isolations),
    locality: fc.constantFrom(...localities),
    memory: fc.constantFrom(
      { memoryBytes: GiB, hugepageBytes: GiB },
      { memoryBytes: 3 * GiB, hugepageBytes: GiB },
      { memoryBytes: 130 * MiB, hugepageBytes: null },
    ),
  })
  .map(({ accelerators, nics, memory, ...rest }) => {
    const plain = requestOf();
    return {
      ...plain,
      ...rest,
      ...memory,
      accelerators: { ...plain.accelerators, count: accelerators },
      nics: { ...plain.nics, count: nics },
    };
  });

test("what a layout takes is what its plan takes, and leaves nothing behind when it goes", () => {
  fc.assert(
    fc.property(
      smallTopology,
      fc.array(request, { minLength: 1, maxLength: 6 }),
      (topology, requests) => {
        const inventory = inventoryOf(topology, defaultHostPolicy);
        const empty = emptyOccupancy(inventory);
        const taken: Plan[] = [];
        const states: Occupancy[] = [empty];
        for (const wanted of requests) {
          const before = states.at(-1) ?? empty;
          const space = spaceFor(inventory, before, wanted);
          const found = searchSpace(space, {});
          if (found === null) continue;
          const cost = found.model.cost(placed(found.best.cells));
          const host = { topology, policy: defaultHostPolicy, taken };
          const plan = buildPlan(host, found, cost);
          const after = occupied(inventory, before, useOfLayout(space, found.best.cells));
          taken.push(plan);
          expect(after).toEqual(occupancyOf(inventory, taken));
          states.push(after);
        }
        for (const plan of taken.toReversed()) {
          const last = states.pop() ?? empty;
          expect(vacated(inventory, last, useOfPlan(inventory, plan))).toEqual(states.at(-1));
        }
        expect(states).toHaveLength(1);
      },
    ),
    { numRuns: 300 },
  );
});
