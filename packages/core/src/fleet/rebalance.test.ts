import * as fc from "fast-check";
import { expect, test } from "vitest";
import { slotCounter } from "../placement/capacity/capacity.ts";
import { soldSignatures } from "../placement/capacity/sold-signature.ts";
import type { HostState } from "../plan/host-state.ts";
import { type Inventory, inventoryOf } from "../placement/inventory/inventory.ts";
import { useOfLayout } from "../placement/layout/layout-use.ts";
import { emptyOccupancy, occupied, type Use } from "../placement/occupancy/occupancy.ts";
import { useOfPlan } from "../placement/occupancy/use-of-plan.ts";
import { place } from "./place.ts";
import type { Plan } from "../plan/plan.ts";
import { layoutSignature } from "../placement/layout/layout-signature.ts";
import { spaceFor } from "../placement/space/space.ts";
import { demandOf } from "../placement/host-class/demand.ts";
import { hostClassCache } from "../placement/host-class/host-classes.ts";
import { layoutsOf } from "../../testing/placement/arbitrary-occupancy.ts";
import { requestOfPlan } from "../plan/request-of-plan.ts";
import { defaultHostPolicy } from "../request/host-policy.ts";
import type { Request } from "../request/request.ts";
import { accelerators, requestOf } from "../../testing/request/requests.ts";
import { syntheticTopology } from "../topology/synthetic/build.ts";
import { GiB } from "../unit/bytes.ts";
import { at } from "../unit/list.ts";
import { count as countIn, countOf, type Tally } from "../unit/tally.ts";
import { rebalance } from "./rebalance.ts";

const machine = syntheticTopology(
  "package:2 core:5 memory:16Gi hugepages:6x1Gi distances:10/21 root[gpu:h100-sxm*2]",
);

const flavor = (count: number, vcpus = Math.max(1, count)): Request =>
  requestOf({
    name: `gpu.${count}`,
    flavor: `gpu.${count}`,
    accelerators: accelerators(count),
    vcpus,
    memoryBytes: Math.max(1, count) * GiB,
  });

interface Guest {
  readonly host: number;
  readonly request: Request;
}

function fleetOf(hosts: number, guests: readonly Guest[]): HostState[] {
  const fleet: HostState[] = Array.from({ length: hosts }, (_, i) => ({
    topology: { ...machine, name: `host-${i}` },
    taken: [],
    policy: defaultHostPolicy,
  }));
  for (const [i, { host, request }] of guests.entries()) {
    const before = at(fleet, host % hosts);
    const plan = place([before], { ...request, name: `vm-${i}` });
    if (plan.kind === "Plan") fleet[host % hosts] = { ...before, taken: [...before.taken, plan] };
  }
  return fleet;
}

interface Placed {
  readonly plan: Plan;
  readonly host: number;
  readonly use: Use;
}

/** The fewest moves by breadth-first search over all arrangements. */
function fewestMoves(
  hosts: readonly HostState[],
  wanted: Request,
  more: number,
  max: number,
): number | null {
  const inventories = hosts.map(({ topology, policy }) => inventoryOf(topology, policy));
  const occupancyOn = (all: readonly Placed[], host: number, inventory: Inventory) =>
    all
      .filter((vm) => vm.host === host)
      .reduce((before, vm) => occupied(inventory, before, vm.use), emptyOccupancy(inventory));
  const hostClasses = hostClassCache();
  const countSlots = slotCounter(hostClasses);
  const own = soldSignatures(hostClasses);
  const slots = (all: readonly Placed[]): number =>
    inventories.reduce((sum, inventory, host) => {
      const hostClass = hostClasses.of(inventory, occupancyOn(all, host, inventory));
      const demand = own(hostClass, demandOf(wanted));
      return demand === null ? sum : sum + countSlots(hostClass, demand).slots;
    }, 0);
  const start = hosts.flatMap(({ taken }, host) =>
    taken.map((plan): Placed => ({ plan, host, use: useOfPlan(at(inventories, host), plan) })),
  );
  const goal = slots(start) + more;
  let level: readonly (readonly Placed[])[] = [start];
  const seen = new Set<string>();
  for (let count = 0; count <= max; count++) {
    if (level.some((all) => slots(all) >= goal)) return count;
    const next: (readonly Placed[])[] = [];
    for (const all of level) {
      for (const vm of all) {
        const request = { ...requestOfPlan(vm.plan), signature: null };
        for (const [host, inventory] of inventories.entries()) {
          if (host === vm.host) continue;
          const occupancy = occupancyOn(all, host, inventory);
          const space = spaceFor(inventory, occupancy, request);
          for (const layout of layoutsOf(inventory, occupancy, request)) {
            if (layoutSignature(space, layout).signature !== vm.plan.signature) continue;
            const use = useOfLayout(space, layout.cells);
            const moved = all.map((other) => (other === vm ? { ...vm, host, use } : other));
            const key = JSON.stringify(moved.map((other) => [other.host, other.use]));
            if (seen.has(key)) continue;
            seen.add(key);
            next.push(moved);
          }
        }
      }
    }
    level = next;
  }
  return null;
}

const guests = fc.array(
  fc.record({
    host: fc.nat(2),
    request: fc
      .tuple(fc.nat(2), fc.integer({ min: 1, max: 3 }))
      .map(([count, vcpus]) => flavor(count, vcpus)),
  }),
  { minLength: 1, maxLength: 5 },
);

test("the advice has as few moves as breadth-first search finds", () => {
  const met: Tally<number | null> = new Map();
  fc.assert(
    fc.property(
      fc.integer({ min: 2, max: 3 }),
      guests,
      fc.integer({ min: 2, max: 4 }),
      fc.integer({ min: 1, max: 2 }),
      (count, running, wanted, more) => {
        const hosts = fleetOf(count, running);
        const advice = rebalance(hosts, flavor(wanted), more, { movesMax: 2 });
        const fewest = fewestMoves(hosts, flavor(wanted), more, 2);
        countIn(met, fewest);
        expect(advice.moves?.length ?? null).toBe(fewest);
        expect(advice.excludedBelow).toBe(fewest === null ? 3 : fewest);
        if (advice.moves === null) return;
        expect(advice.after).toBeGreaterThanOrEqual(advice.before + more);
      },
    ),
    { numRuns: 150 },
  );
  expect(countOf(met, 1)).toBeGreaterThan(3);
  expect(countOf(met, null)).toBeGreaterThan(3);
});

test("each move has room when its turn comes", () => {
  // Two hosts have a small VM each; moving one to the other leaves a host empty.
  const hosts = fleetOf(2, [
    { host: 0, request: flavor(1) },
    { host: 1, request: flavor(1) },
  ]);
  expect(rebalance(hosts, flavor(4), 1)).toMatchInlineSnapshot(`
    {
      "after": 1,
      "before": 0,
      "exact": true,
      "excludedBelow": 1,
      "flavor": "gpu.4",
      "moves": [
        {
          "accelerators": [
            "0000:17:00.0",
          ],
          "from": "host-0",
          "nodes": [
            0,
          ],
          "slots": 1,
          "to": "host-1",
          "vm": "vm-0",
        },
      ],
      "wanted": 1,
    }
  `);
  expect(rebalance(hosts, flavor(4), 2)).toMatchObject({ moves: null, excludedBelow: 5 });
});

test("a search that ends at its limit says how far it is certain", () => {
  const hosts = fleetOf(3, [
    { host: 0, request: flavor(1) },
    { host: 1, request: flavor(1) },
    { host: 2, request: flavor(1) },
  ]);
  const advice = rebalance(hosts, flavor(4), 2, { movesMax: 4, arrangementsMax: 1 });
  expect(advice.moves).toBeNull();
  expect(advice.excludedBelow).toBeLessThan(3);
  expect(rebalance(hosts, flavor(4), 2).moves?.length).toBe(2);
});

test("advice from uncertain counts is not exact", () => {
  // Each VM needs most of a node's cores, so one accelerator is free on each node.
  const hosts = fleetOf(2, [
    { host: 0, request: flavor(1, 3) },
    { host: 0, request: flavor(1, 3) },
  ]);
  expect(rebalance(hosts, flavor(2), 9).exact).toBe(true);
  expect(rebalance(hosts, flavor(2), 9, { layoutsMax: 0 }).exact).toBe(false);
});
