import * as fc from "fast-check";
import { expect, test } from "vitest";
import { defaultHostPolicy, type HostPolicy } from "../../request/host-policy.ts";
import type { Request } from "../../request/request.ts";
import { accelerators, requestOf } from "../../../testing/request/requests.ts";
import { syntheticTopology } from "../../topology/synthetic/build.ts";
import { smallTopology } from "../../../testing/topology/arbitrary-machine.ts";
import { GiB } from "../../unit/bytes.ts";
import { type Inventory, inventoryOf } from "../inventory/inventory.ts";
import { useOfLayout } from "../layout/layout-use.ts";
import { emptyOccupancy, occupied, type Occupancy } from "../occupancy/occupancy.ts";
import { layoutSignature } from "../layout/layout-signature.ts";
import { withSellablePages } from "../../plan/sellable-pages.ts";
import { spaceFor } from "../space/space.ts";
import { demandOf } from "../host-class/demand.ts";
import { hostClassCache } from "../host-class/host-classes.ts";
import { filled, layoutsOf, smallRequest } from "../../../testing/placement/arbitrary-occupancy.ts";
import { mostPlans } from "../../../testing/placement/most-plans.ts";
import { slotCounter } from "./capacity.ts";
import { soldSignatures } from "./sold-signature.ts";
import { lossOf } from "./loss.ts";

const policy: HostPolicy = {
  ...defaultHostPolicy,
  reserved: { coresPerNode: 0, cpus: null, memoryPerNodeBytes: 0 },
};

const even = fc.constantFrom(
  ...[
    "package:2 core:4 memory:8Gi hugepages:4x1Gi distances:10/21 root[gpu:h100-sxm*2 nic:cx7]",
    "package:2 node:2 core:3 memory:8Gi hugepages:3x1Gi distances:10/12/21 root[gpu:h100-sxm nic:cx7]",
    "package:1 l3:2 core:3 memory:8Gi hugepages:6x1Gi root*3[gpu:h100-sxm] nvlink:18",
  ].map((text) => syntheticTopology(text)),
);
const machine = fc
  .oneof(smallTopology, even)
  .map((topology) => withSellablePages({ topology, taken: [], policy }));

const modest = fc
  .record({
    count: fc.nat(2),
    nics: fc.nat(1),
    vcpus: fc.integer({ min: 1, max: 5 }),
    gib: fc.integer({ min: 1, max: 3 }),
    isolation: fc.constantFrom("core", "core", "l3", "node", "shared"),
    locality: fc.constantFrom("strict", "strict", "preferred"),
  })
  .map(({ count, nics, vcpus, gib, isolation, locality }) =>
    requestOf({
      accelerators: accelerators(count),
      nics: { count: nics, rdma: false },
      vcpus,
      memoryBytes: gib * GiB,
      isolation,
      locality,
    }),
  );
const wish = fc.oneof(smallRequest, modest);

const situation = fc.record({
  topology: machine,
  earlier: fc.array(fc.record({ request: wish, choice: fc.nat(7) }), { maxLength: 2 }),
});

/**
 * The longest sequence of layouts by brute force, without host classes or bounds. Null when there
 * are too many.
 */
function mostLayouts(
  inventory: Inventory,
  occupancy: Occupancy,
  request: Request,
  signature: string | null,
): number | null {
  const known = new Map<string, number>();
  let left = 200;
  const most = (from: Occupancy): number => {
    if (left-- <= 0) return 0;
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
  const count = most(occupancy);
  return left < 0 ? null : count;
}

test("the count is the maximum over all sequences of layouts", () => {
  let met = 0;
  fc.assert(
    fc.property(situation, wish, ({ topology, earlier }, request) => {
      const inventory = inventoryOf(topology, policy);
      const occupancy = filled(inventory, earlier);
      const hostClasses = hostClassCache();
      const countSlots = slotCounter(hostClasses);
      const count = countSlots(hostClasses.of(inventory, occupancy), demandOf(request));
      const most = mostLayouts(inventory, occupancy, request, null);
      if (most === null) return;
      if (most > 1) met++;
      expect(count.slots).toBe(most);
    }),
    { numRuns: 500 },
  );
  expect(met).toBeGreaterThan(30);
});

test("the count of a signature is the maximum over all sequences in it", () => {
  let met = 0;
  fc.assert(
    fc.property(situation, wish, ({ topology, earlier }, request) => {
      const inventory = inventoryOf(topology, policy);
      const occupancy = filled(inventory, earlier);
      const space = spaceFor(inventory, occupancy, request);
      const layouts = layoutsOf(inventory, occupancy, request);
      const classes = new Set(layouts.map((layout) => layoutSignature(space, layout).signature));
      const hostClasses = hostClassCache();
      const countSlots = slotCounter(hostClasses);
      for (const signature of classes) {
        const count = countSlots(
          hostClasses.of(inventory, occupancy),
          demandOf(request, signature),
        );
        const most = mostLayouts(inventory, occupancy, request, signature);
        if (most === null) return;
        if (most > 1) met++;
        expect(count.slots).toBe(most);
      }
    }),
    { numRuns: 400 },
  );
  expect(met).toBeGreaterThan(30);
});

test("the count is the maximum over all sequences of legal plans", () => {
  let met = 0;
  fc.assert(
    fc.property(machine, modest, (topology, given) => {
      const request = { ...given, locality: "strict", isolation: "core" } as const;
      const inventory = inventoryOf(topology, policy);
      const hostClasses = hostClassCache();
      const hostClass = hostClasses.of(inventory, emptyOccupancy(inventory));
      const count = slotCounter(hostClasses)(hostClass, demandOf(request));
      const most = mostPlans({ topology, taken: [], policy }, request);
      if (most === null) return;
      if (most > 1) met++;
      expect(count.slots).toBe(most);
    }),
    { numRuns: 150 },
  );
  expect(met).toBeGreaterThan(5);
});

test("the loss of a placement is in shares of an empty host's slots", () => {
  fc.assert(
    fc.property(
      situation,
      fc.array(fc.tuple(wish, fc.integer({ min: 1, max: 3 })), {
        minLength: 1,
        maxLength: 3,
      }),
      wish,
      ({ topology, earlier }, sold, request) => {
        const inventory = inventoryOf(topology, policy);
        const before = filled(inventory, earlier);
        const [layout] = layoutsOf(inventory, before, request);
        if (layout === undefined) return;
        const use = useOfLayout(spaceFor(inventory, before, request), layout.cells);
        const after = occupied(inventory, before, use);
        const hostClasses = hostClassCache();
        const soldFlavors = sold.map(([wanted, weight]) => ({ demand: demandOf(wanted), weight }));
        const loss = lossOf(hostClasses, slotCounter(hostClasses), soldFlavors);
        const most = (occupancy: Occupancy, wanted: Request): number | null => {
          const own = soldSignatures(hostClasses)(
            hostClasses.of(inventory, occupancy),
            demandOf(wanted),
          );
          return own === null ? 0 : mostLayouts(inventory, occupancy, wanted, own.only);
        };
        const expected = sold.reduce<number | null>((sum, [wanted, weight]) => {
          const empty = most(emptyOccupancy(inventory), wanted);
          const [now, then] = [most(before, wanted), most(after, wanted)];
          if (empty === null || now === null || then === null || sum === null) return null;
          return empty === 0 ? sum : sum + (weight * (now - then)) / empty;
        }, 0);
        if (expected === null) return;
        const [one, other] = [before, after].map((occupancy) =>
          hostClasses.of(inventory, occupancy),
        );
        if (one === undefined || other === undefined) throw new Error("no hostClasses");
        expect(loss(one, other).loss).toBeCloseTo(expected, 9);
      },
    ),
    { numRuns: 150 },
  );
});
