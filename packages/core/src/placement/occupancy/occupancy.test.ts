import * as fc from "fast-check";
import { expect, test } from "vitest";
import { defaultHostPolicy } from "../../request/host-policy.ts";
import type { Request } from "../../request/request.ts";
import { requestOf } from "../../../testing/request/requests.ts";
import { isolations, localities } from "../../request/virtual-machine.ts";
import { syntheticTopology } from "../../topology/synthetic/build.ts";
import { smallTopology } from "../../../testing/topology/arbitrary-machine.ts";
import { GiB, MiB } from "../../unit/bytes.ts";
import { at } from "../../unit/list.ts";
import { buildPlan } from "../build-plan.ts";
import { inventoryOf } from "../inventory/inventory.ts";
import { place } from "../../fleet/place.ts";
import { placed } from "../layout/layout.ts";
import { searchSpace } from "../search/search.ts";
import { spaceFor } from "../space/space.ts";
import { useOfLayout } from "../layout/layout-use.ts";
import { emptyOccupancy, occupied, type Occupancy, vacated } from "./occupancy.ts";
import { occupancyOf } from "./occupancy-of-host.ts";
import { useOfPlan } from "./use-of-plan.ts";
import type { Plan } from "../../plan/plan.ts";

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

test("a layout takes what its plan takes, and a VM that leaves gives all of it back", () => {
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
          expect(after).toEqual(occupancyOf(inventory, { taken }));
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

test("the floating vCPUs of a VM leave with it, whichever VM came after it", () => {
  const inventory = inventoryOf(syntheticTopology("core:7 memory:16Gi"), defaultHostPolicy);
  const host = { topology: inventory.topology, policy: defaultHostPolicy };
  const taken: Plan[] = [];
  for (const vcpus of [1, 2, 2]) {
    const asked = requestOf({ isolation: "shared", vcpus, memoryBytes: GiB, hugepageBytes: null });
    const plan = place([{ ...host, taken }], { ...asked, name: `vm-${taken.length}` });
    if (plan.kind === "Plan") taken.push(plan);
  }
  expect(taken).toHaveLength(3);
  const all = occupancyOf(inventory, { taken });
  for (const gone of taken) {
    const left = taken.filter((plan) => plan !== gone);
    const after = vacated(inventory, all, useOfPlan(inventory, gone));
    expect(after).toEqual(occupancyOf(inventory, { taken: left }));
  }
  const gone = useOfPlan(inventory, at(taken, 0));
  expect(() => vacated(inventory, emptyOccupancy(inventory), gone)).toThrow("broken invariant");
});
