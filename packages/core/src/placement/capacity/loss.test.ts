import * as fc from "fast-check";
import { expect, test } from "vitest";
import { defaultHostPolicy } from "../../request/host-policy.ts";
import { accelerators, requestOf } from "../../../testing/request/requests.ts";
import { syntheticTopology } from "../../topology/synthetic/build.ts";
import { smallTopology } from "../../../testing/topology/arbitrary-machine.ts";
import { GiB } from "../../unit/bytes.ts";
import { inventoryOf } from "../inventory/inventory.ts";
import { useOfLayout } from "../layout/layout-use.ts";
import { emptyOccupancy, occupied, type Use } from "../occupancy/occupancy.ts";
import { occupancyOf } from "../occupancy/occupancy-of-host.ts";
import { useOfPlan } from "../occupancy/use-of-plan.ts";
import { place } from "../../fleet/place.ts";
import type { Plan } from "../../plan/plan.ts";
import { searchSpace } from "../search/search.ts";
import { spaceFor } from "../space/space.ts";
import { withRefinedOrbits } from "../host-class/refined-orbits.ts";
import { demandOf } from "../host-class/demand.ts";
import { hostClassCache } from "../host-class/host-classes.ts";
import { bestPlans } from "../../../testing/placement/brute-force.ts";
import { slotCounter } from "./capacity.ts";
import { lossOf } from "./loss.ts";

const policy = {
  ...defaultHostPolicy,
  reserved: { coresPerNode: 1, cpus: null, memoryPerNodeBytes: 0 },
};

/** Machines where places that are equally good for a VM differ in loss. */
const even = fc.constantFrom(
  ...[
    "package:2 node:2 core:4 memory:8Gi hugepages:4x1Gi distances:10/12/21 root[gpu:h100-sxm]",
    "package:2 core:4 memory:8Gi hugepages:6x1Gi distances:10/21 root[gpu:h100-sxm*2]@1",
    "package:2 core:5 memory:8Gi hugepages:6x1Gi distances:10/21 root[gpu:h100-sxm*2 nic:cx7]",
    "package:2 core:5 memory:8Gi hugepages:6x1Gi distances:10/21 root[switch[gpu:h100-sxm nic:cx7]]",
    "package:1 node:3 core:4 memory:8Gi hugepages:4x1Gi distances:10/12 root[gpu:h100-sxm]@0,2",
  ].map((text) => syntheticTopology(text)),
);

const modest = fc
  .record({
    count: fc.nat(2),
    nics: fc.nat(1),
    vcpus: fc.integer({ min: 1, max: 4 }),
    gib: fc.integer({ min: 1, max: 2 }),
  })
  .map(({ count, nics, vcpus, gib }) =>
    requestOf({
      accelerators: accelerators(count),
      nics: { count: nics, rdma: false },
      vcpus,
      memoryBytes: gib * GiB,
    }),
  );

test("the place with the least loss of the best ones is that of brute force", () => {
  let chosen = 0;
  fc.assert(
    fc.property(
      fc.oneof({ arbitrary: smallTopology, weight: 1 }, { arbitrary: even, weight: 4 }),
      fc.array(modest, { maxLength: 2 }),
      modest,
      fc.array(modest, { minLength: 1, maxLength: 2 }),
      (topology, earlier, request, sold) => {
        const inventory = inventoryOf(topology, policy);
        // The search takes the fewest caches; brute force takes the first free cores.
        if (inventory.cores.groupsOfNode.some((groups) => groups.length > 1)) return;
        let taken: readonly Plan[] = [];
        for (const [i, wanted] of earlier.entries()) {
          const plan = place([{ topology, taken, policy }], { ...wanted, name: `vm-${i}` });
          if (plan.kind === "Plan") taken = [...taken, plan];
        }
        const occupancy = occupancyOf(inventory, { taken });
        const hostClasses = hostClassCache();
        const soldFlavors = sold.map((wanted) => ({ demand: demandOf(wanted), weight: 1 }));
        const loss = lossOf(hostClasses, slotCounter(hostClasses), soldFlavors);
        const before = hostClasses.of(inventory, occupancy);
        const lost = (use: Use): number =>
          loss(before, hostClasses.transient(inventory, occupied(inventory, occupancy, use))).loss;
        const space = spaceFor(withRefinedOrbits(inventory, occupancy), occupancy, request);
        const found = searchSpace(space, {
          loss: (layout) => lost(useOfLayout(space, layout.cells)),
        });
        const losses = bestPlans({ topology, taken, policy }, request).map((plan) =>
          lost(useOfPlan(inventory, plan)),
        );
        if (Math.max(...losses) > Math.min(...losses)) chosen++;
        expect(found === null).toBe(losses.length === 0);
        if (found === null) return;
        expect(lost(useOfLayout(space, found.best.cells))).toBeCloseTo(Math.min(...losses), 9);
      },
    ),
    { numRuns: 1500 },
  );
  expect(chosen).toBeGreaterThan(10);
});

test("a loss from uncertain counts is not exact", () => {
  const inventory = inventoryOf(syntheticTopology("package:2 core:4 memory:8Gi"), policy);
  const hostClasses = hostClassCache();
  const soldFlavors = [{ demand: demandOf(requestOf({ hugepageBytes: null })), weight: 1 }];
  const hostClass = hostClasses.of(inventory, emptyOccupancy(inventory));
  const countSlots = (exact: boolean) => () => ({ slots: 3, exact });
  expect(lossOf(hostClasses, countSlots(true), soldFlavors)(hostClass, hostClass)).toEqual({
    loss: 0,
    exact: true,
  });
  expect(lossOf(hostClasses, countSlots(false), soldFlavors)(hostClass, hostClass)).toEqual({
    loss: 0,
    exact: false,
  });
});
