import type { HostState } from "@evenkeel/core/plan/host-state.ts";
import { place } from "@evenkeel/core/fleet/place.ts";
import { bruteForce } from "@evenkeel/core/testing/placement/brute-force.ts";
import { defaultHostPolicy } from "@evenkeel/core/request/host-policy.ts";
import type { Request } from "@evenkeel/core/request/request.ts";
import { requestOf } from "@evenkeel/core/testing/request/requests.ts";
import { smallTopology } from "@evenkeel/core/testing/topology/arbitrary-machine.ts";
import { GiB } from "@evenkeel/core/unit/bytes.ts";
import * as fc from "fast-check";
import { expect, test } from "vitest";
import { loadSolver } from "./linear-program.ts";
import { granuleBytesOf } from "./offer.ts";
import { programmed } from "./oracle.ts";

const anyRequest: fc.Arbitrary<Request> = fc
  .record({
    accelerators: fc.record({
      count: fc.constantFrom(0, 0, 1, 1, 2, 2, 3),
      model: fc.constant(null),
      link: fc.constantFrom("any", "any", "nvlink", "switch"),
    }),
    nics: fc.record({ count: fc.constantFrom(0, 0, 1, 2), rdma: fc.boolean() }),
    vcpus: fc.integer({ min: 1, max: 6 }),
    granules: fc.integer({ min: 1, max: 6 }),
    hugepageBytes: fc.constantFrom(GiB, null),
    isolation: fc.constantFrom("core", "core", "l3", "node", "host"),
    workload: fc.constantFrom("inference", "training", "staging", "compute"),
  })
  .map(({ granules, ...given }) => {
    const granuleBytes = granuleBytesOf(given);
    return requestOf({ ...given, memoryBytes: granules * granuleBytes });
  });

test("the integer program and brute force agree on small machines", async () => {
  const solver = await loadSolver();
  const { reserved } = defaultHostPolicy;
  const policy = {
    ...defaultHostPolicy,
    reserved: { ...reserved, coresPerNode: 0, memoryPerNodeBytes: 0 },
  };
  const answers = { placed: 0, refused: 0 };
  fc.assert(
    fc.property(smallTopology, anyRequest, anyRequest, (topology, earlier, request) => {
      const empty: HostState = { topology, taken: [], policy };
      const before = place([empty], { ...earlier, name: "earlier" });
      const hosts = before.kind === "Plan" ? [empty, { ...empty, taken: [before] }] : [empty];
      for (const host of hosts) {
        const program = programmed(solver.program, host, request);
        const brute = bruteForce(host, request);
        if (program === null || brute === null) {
          expect(program).toBe(brute);
          answers.refused++;
          continue;
        }
        // The program knows neither classes of cores nor drivers, which decide between equals.
        const { cells, cost, unevenCells, nodeDistanceSum, unrequestedDevices } = brute;
        const worth = { cells, unevenCells, nodeDistanceSum, unrequestedDevices };
        expect(program).toMatchObject({ ...worth, cost: expect.closeTo(cost, 8) });
        answers.placed++;
      }
    }),
    { numRuns: 600 },
  );
  expect(answers.placed).toBeGreaterThan(40);
  expect(answers.refused).toBeGreaterThan(40);
});
