import * as fc from "fast-check";
import { expect, test } from "vitest";
import { defaultHostPolicy } from "../request/host-policy.ts";
import type { Request } from "../request/request.ts";
import { accelerators, requestOf } from "../../testing/request/requests.ts";
import { isolations, localities, workloads } from "../request/virtual-machine.ts";
import { catalogMachine, catalogNames } from "../topology/catalog/catalog.ts";
import { smallTopology, wideTopology } from "../../testing/topology/arbitrary-machine.ts";
import type { Topology } from "../topology/topology.ts";
import { GiB } from "../unit/bytes.ts";
import type { HostState } from "../plan/host-state.ts";
import { place } from "./place.ts";
import type { Plan } from "../plan/plan.ts";
import { planFaults } from "../plan/check/plan-check.ts";
import type { HostRefusal } from "../plan/refusal.ts";

function emptyHost(topology: Topology | null): HostState {
  if (topology === null) throw new Error("no such machine");
  return { topology, taken: [], policy: defaultHostPolicy };
}

function planned(host: HostState, request: Request): Plan {
  const placed = place([host], request);
  if (placed.kind === "Refusal") throw new Error(JSON.stringify(placed, null, 2));
  return placed;
}

function refused(host: HostState, request: Request): HostRefusal {
  const placed = place([host], request);
  if (placed.kind === "Plan" || placed.hosts[0] === undefined) throw new Error("was placed");
  return placed.hosts[0];
}

const sizes = catalogNames.flatMap((name) => [1, 2, 4, 8].map((count) => [name, count] as const));

test.each(sizes)("%s holds a VM of %i accelerators, or has fewer", (name, count) => {
  const host = emptyHost(catalogMachine(name));
  // Grace's kernel has base pages of 64 KiB, and with those none of 1 GiB.
  const pools = host.topology.nodes.flatMap((node) => node.hugepages ?? []);
  const request = requestOf({
    accelerators: accelerators(count),
    vcpus: 4 * count,
    memoryBytes: 8 * count * GiB,
    hugepageBytes: pools.some((pool) => pool.sizeBytes === GiB) ? GiB : null,
  });
  const has = host.topology.accelerators.length;
  if (has < count) {
    const ways = refused(host, request).ways.map(({ reasons }) => reasons);
    expect(new Set(ways.flat().map(({ code }) => code))).toContain("accelerators-short");
    expect(
      ways
        .flat()
        .map(({ message }) => message)
        .join(),
    ).toContain(`the host has ${has}`);
    return;
  }
  const plan = planned(host, request);
  expect(planFaults(plan, host, request)).toEqual([]);
  expect(plan.cost.slowdown).toBe(1);
});

const anyRequest: fc.Arbitrary<Request> = fc.record({
  name: fc.constant("vm"),
  tenant: fc.constant(null),
  flavor: fc.constant(null),
  signature: fc.constant(null),
  accelerators: fc.record({
    count: fc.integer({ min: 0, max: 8 }),
    model: fc.constant(null),
    link: fc.constantFrom("any", "any", "nvlink", "switch"),
  }),
  nics: fc.record({ count: fc.integer({ min: 0, max: 3 }), rdma: fc.boolean() }),
  vcpus: fc.integer({ min: 1, max: 24 }),
  memoryBytes: fc.integer({ min: 1, max: 16 }).map((gib) => gib * GiB),
  hugepageBytes: fc.constantFrom(GiB, null),
  locality: fc.constantFrom(...localities),
  isolation: fc.constantFrom("core", "core", ...isolations),
  workload: fc.constantFrom(...workloads),
});

const tight = {
  ...defaultHostPolicy,
  reserved: { ...defaultHostPolicy.reserved, memoryPerNodeBytes: GiB },
};

test("every plan is legal, for any requests one after the other on any machine", () => {
  fc.assert(
    fc.property(
      fc.oneof(smallTopology, wideTopology),
      fc.array(anyRequest, { minLength: 1, maxLength: 5 }),
      (topology, requests) => {
        let taken: readonly Plan[] = [];
        for (const [i, given] of requests.entries()) {
          const request = { ...given, name: `vm-${i}` };
          const host = { topology, taken, policy: tight };
          const placed = place([host], request);
          if (placed.kind === "Refusal") {
            expect(placed.hosts[0]?.ways.length).toBeGreaterThan(0);
            continue;
          }
          expect(planFaults(placed, host, request)).toEqual([]);
          expect(placed.cost.slowdown).toBeGreaterThanOrEqual(1);
          taken = [...taken, placed];
        }
      },
    ),
    { numRuns: 300 },
  );
});

test("the same input gives the same bytes", () => {
  fc.assert(
    fc.property(wideTopology, anyRequest, (topology, request) => {
      const once = JSON.stringify(place([emptyHost(topology)], request));
      const again = JSON.stringify(place([emptyHost(structuredClone(topology))], request));
      expect(again).toBe(once);
    }),
    { numRuns: 100 },
  );
});
