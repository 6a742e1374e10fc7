import * as fc from "fast-check";
import { expect, test } from "vitest";
import { costFollowsDistance } from "../../cost/memory-path.ts";
import { defaultHostPolicy, type HostPolicy } from "../../request/host-policy.ts";
import type { Request } from "../../request/request.ts";
import { requestOf } from "../../../testing/request/requests.ts";
import { syntheticTopology } from "../../topology/synthetic/build.ts";
import type { Access, Topology } from "../../topology/topology.ts";
import { smallTopology } from "../../../testing/topology/arbitrary-machine.ts";
import { GiB } from "../../unit/bytes.ts";
import { at } from "../../unit/list.ts";
import { inventoryOf } from "../inventory/inventory.ts";
import { emptyOccupancy } from "../occupancy/occupancy.ts";
import type { Layout } from "./layout.ts";
import { spaceFor } from "../space/space.ts";
import { filled, layoutsOf, smallRequest } from "../../../testing/placement/arbitrary-occupancy.ts";
import { isOfSignature, layoutSignature } from "./layout-signature.ts";

const policy: HostPolicy = {
  ...defaultHostPolicy,
  reserved: { coresPerNode: 0, cpus: null, memoryPerNodeBytes: 0 },
};

/**
 * Four nodes at random distances, where some may have no CPUs, and firmware may give the access
 * times of some paths.
 */
const lopsided: fc.Arbitrary<Topology> = fc
  .record({
    distances: fc.array(fc.constantFrom(20, 20, 30), { minLength: 16, maxLength: 16 }),
    withoutCpus: fc.option(fc.nat(3), { freq: 3 }),
    latencies: fc.option(fc.array(fc.constantFrom(90, 130), { minLength: 16, maxLength: 16 })),
  })
  .map(({ distances, withoutCpus, latencies }) => {
    const topology = syntheticTopology("package:4 core:2 memory:4Gi hugepages:2x1Gi");
    const pairs = [0, 1, 2, 3].map((i) => [0, 1, 2, 3].map((j) => [i, j] as const));
    const place = (i: number, j: number): number => 4 * Math.min(i, j) + Math.max(i, j);
    return {
      ...topology,
      distances: pairs.map((row) =>
        row.map(([i, j]) => (i === j ? 10 : at(distances, place(i, j)))),
      ),
      cores: topology.cores.filter(({ node }) => node !== withoutCpus),
      nodes: topology.nodes.map((node) => (node.id === withoutCpus ? { ...node, cpus: "" } : node)),
      access:
        latencies === null
          ? []
          : pairs.flat().map(([initiator, target]): Access => ({
              initiator,
              target,
              readLatencyNs: initiator === target ? 80 : at(latencies, place(initiator, target)),
              readBytesPerSecond: null,
              basis: "measured",
            })),
    };
  });

const machine = fc.oneof(
  { arbitrary: smallTopology, weight: 1 },
  { arbitrary: lopsided, weight: 3 },
);

/** More than a node has, so that it takes several. */
const large: fc.Arbitrary<Request> = fc
  .record({
    vcpus: fc.integer({ min: 1, max: 4 }),
    gib: fc.integer({ min: 3, max: 5 }),
    locality: fc.constantFrom("preferred", "interleave", "strict"),
  })
  .map(({ vcpus, gib, locality }) => requestOf({ vcpus, memoryBytes: gib * GiB, locality }));

const asked = fc.oneof({ arbitrary: smallRequest, weight: 1 }, { arbitrary: large, weight: 3 });

test("a layout's cost excludes signatures, and all layouts of a signature cost the same", () => {
  const met = { byDistance: 0, byAccess: 0, sameSignature: 0 };
  fc.assert(
    fc.property(machine, fc.array(asked, { maxLength: 1 }), asked, (topology, earlier, request) => {
      const inventory = inventoryOf(topology, policy);
      const occupancies = [
        emptyOccupancy(inventory),
        filled(
          inventory,
          earlier.map((one) => ({ request: one, choice: 1 })),
        ),
      ];
      const costs = new Map<string, readonly [cells: number, cost: number]>();
      const isByDistance = costFollowsDistance(topology);
      for (const occupancy of occupancies) {
        const space = spaceFor(inventory, occupancy, request);
        const layouts: readonly Layout[] = layoutsOf(inventory, occupancy, request).slice(0, 40);
        const signatures = layouts.map((layout) => layoutSignature(space, layout).signature);
        for (const [i, layout] of layouts.entries()) {
          const own = at(signatures, i);
          for (const other of new Set(signatures)) {
            expect(isOfSignature(space, layout, other)).toBe(own === other);
          }
          const { cells, cost } = layout.objective;
          const before = costs.get(own);
          if (before === undefined) costs.set(own, [cells, cost]);
          else if (isByDistance) {
            met.sameSignature++;
            expect(cells).toBe(before[0]);
            expect(cost).toBeCloseTo(before[1], 9);
          }
        }
        if (layouts.length > 0) met[isByDistance ? "byDistance" : "byAccess"]++;
      }
    }),
    { numRuns: 3000 },
  );
  expect(Math.min(met.byDistance, met.byAccess, met.sameSignature)).toBeGreaterThan(60);
});
