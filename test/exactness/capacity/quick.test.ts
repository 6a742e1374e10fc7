import type { HostState } from "@evenkeel/core/placement/host-state.ts";
import { place } from "@evenkeel/core/placement/place.ts";
import { settledTopology } from "@evenkeel/core/placement/settled.ts";
import { mostPlans } from "@evenkeel/core/placement/testing/most-plans.ts";
import { defaultHostPolicy } from "@evenkeel/core/request/host-policy.ts";
import { accelerators, requestOf } from "@evenkeel/core/request/testing/requests.ts";
import { syntheticTopology } from "@evenkeel/core/topology/synthetic/build.ts";
import { smallTopology } from "@evenkeel/core/topology/testing/arbitrary-machine.ts";
import { GiB } from "@evenkeel/core/unit/bytes.ts";
import * as fc from "fast-check";
import { expect, test } from "vitest";
import { loadSolver } from "../linear-program.ts";
import { machineNamed } from "../machines.ts";
import { tryCases } from "../run.ts";
import { candidatesOn } from "./candidates.ts";
import { capacities } from "./cases.ts";
import { heldAgainstEquals, soldOn } from "./compare-loss.ts";
import { packed } from "./packing.ts";
import type { Place } from "./places.ts";
import { cachesByNode } from "./shapes.ts";

/** Few cases of a fixed seed: `npm run exactness -- capacity` tries as many as one likes. */
const seed = 20_261_129;
const cases = 32;

test("as many VMs of a class fit as an integer program packs, and no equal place leaves more", async () => {
  const { kinds, mismatches } = await tryCases(capacities(seed), { from: 0, cases });
  const repeat = `npm run exactness -- capacity --seed ${seed} --cases ${cases}`;
  expect(
    mismatches.map(({ number, what }) => `case ${number}: ${what}`),
    repeat,
  ).toEqual([]);
  // Cases that all end alike would try nothing.
  for (const kind of ["own several", "own one", "next several", "loss, a choice"]) {
    expect(kinds.get(kind), kind).toBeGreaterThan(1);
  }
});

/** Machines that hold several of what is wanted. */
const roomy = fc.constantFrom(
  ...[
    "package:2 core:5 memory:8Gi hugepages:4x1Gi distances:10/21 root[gpu:h100-sxm*2 nic:cx7]",
    "package:2 node:2 core:3 memory:8Gi hugepages:3x1Gi distances:10/12/21 root[gpu:h100-sxm nic:cx7]",
    "package:2 core:4 memory:8Gi hugepages:5x1Gi root[switch[gpu:h100-sxm nic:cx7]]",
  ].map((text) => syntheticTopology(text)),
);

const wanted = fc
  .record({
    count: fc.integer({ min: 1, max: 2 }),
    nics: fc.nat(1),
    vcpus: fc.integer({ min: 1, max: 4 }),
    gib: fc.integer({ min: 1, max: 3 }),
  })
  .map(({ count, nics, vcpus, gib }) =>
    requestOf({
      accelerators: accelerators(count),
      nics: { count: nics, rdma: false },
      vcpus,
      memoryBytes: gib * GiB,
    }),
  );

test("the integer program packs what trying all legal plans comes to, whatever the search does", async () => {
  const solver = await loadSolver();
  const reserved = { coresPerNode: 0, cpus: null, memoryPerNodeBytes: 0 };
  const policy = { ...defaultHostPolicy, reserved };
  let several = 0;
  fc.assert(
    fc.property(fc.oneof(smallTopology, roomy), wanted, (read, request) => {
      // What is free at one moment limits one placement; for several it is counted down with the pool.
      const topology = settledTopology({ topology: read, taken: [], policy });
      // Plans take the first cores that are free, from whichever caches.
      if ([...cachesByNode(topology.cores).values()].some((caches) => caches.length > 1)) return;
      const host = { topology, taken: [], policy };
      const places = topology.nodes.flatMap((_, more) =>
        [...candidatesOn(host, request, more + 1)].map((candidate): Place => ({
          ...candidate,
          cells: candidate.cells.map((cell) => ({ ...cell, caches: [cell.units] })),
        })),
      );
      const most = mostPlans(host, request);
      if (most === null) return;
      if (most > 1) several++;
      expect(packed(solver.program(), host, request, places).most).toBe(most);
    }),
    { numRuns: 120 },
  );
  expect(several).toBeGreaterThan(5);
});

test("a place that leaves less than another as good is noticed", async () => {
  const solver = await loadSolver();
  const host: HostState = {
    topology: machineNamed("epyc-nps4"),
    taken: [],
    policy: defaultHostPolicy,
  };
  // Nodes 0, 2, 4 and 6 have a GPU each, and 15 cores to sell.
  const flavor = requestOf({ accelerators: accelerators(1), vcpus: 30, memoryBytes: GiB });
  const vm = requestOf({ name: "small", vcpus: 2, memoryBytes: GiB });
  const sold = soldOn(solver.program, host, flavor);
  if (sold === null) throw new Error("nothing is sold");
  expect(sold.most).toBe(4);
  const judged = [[], [flavor]].map((flavors) => {
    const plan = place([host], vm, { flavors });
    if (plan.kind === "Refusal") throw new Error("does not fit");
    return heldAgainstEquals(solver.program, host, vm, [sold], plan).mismatch;
  });
  expect(judged).toEqual([
    expect.stringContaining("more can be left: search leaves 3, program leaves 4"),
    null,
  ]);
});
