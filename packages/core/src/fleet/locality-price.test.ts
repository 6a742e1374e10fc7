import { expect, test } from "vitest";
import { accelerators, requestOf } from "../../testing/request/requests.ts";
import { place } from "./place.ts";
import type { Plan } from "../plan/plan.ts";
import { defaultHostPolicy } from "../request/host-policy.ts";
import { syntheticTopology } from "../topology/synthetic/build.ts";
import { GiB } from "../unit/bytes.ts";
import { forecastOf } from "../forecast/forecast.ts";
import { localityPrices } from "./locality-price.ts";

/** Four GPUs a node, and memory for two VMs and a half. */
const topology = syntheticTopology(
  "package:2 core:12 thread:1 memory:64Gi hugepages:32x1Gi distances:10/21 root*4[gpu:l40s]",
);
const host = { topology, taken: [], policy: defaultHostPolicy };

test("what a locality holds is what fits one after the other, with the forecast of all of them", () => {
  for (const locality of ["preferred", "interleave"] as const) {
    const request = requestOf({
      accelerators: accelerators(1),
      vcpus: 2,
      memoryBytes: 12 * GiB,
      workload: "staging",
      locality,
    });
    const [strict, chosen] = localityPrices(host, request);
    expect([strict?.locality, chosen?.locality]).toEqual(["strict", locality]);
    for (const price of [strict, chosen]) {
      if (price === undefined) throw new Error("there are two");
      const taken: Plan[] = [];
      for (;;) {
        const asked = { ...request, locality: price.locality, name: `vm-${taken.length}` };
        const answer = place([{ ...host, taken }], asked);
        if (answer.kind === "Refusal") break;
        taken.push(answer);
      }
      expect([price.fits, price.more]).toEqual([taken.length, false]);
      const last = taken.at(-1);
      if (last === undefined) throw new Error("one fits");
      const all = forecastOf({ ...host, taken: taken.slice(0, -1) }, last).vms;
      const slowdowns = all.map(({ slowdownAfter }) => slowdownAfter);
      expect([price.leastSlowdown, price.mostSlowdown]).toEqual([
        Math.min(...slowdowns),
        Math.max(...slowdowns),
      ]);
    }
    // What straying gives and what it costs.
    expect([strict?.fits, chosen?.fits]).toEqual([4, 5]);
    expect(chosen?.mostSlowdown).toBeGreaterThan(1);
  }
});

test("a filling that ends at its limit says that more may fit, and strict alone has one price", () => {
  const small = requestOf({
    vcpus: 1,
    memoryBytes: GiB / 16,
    hugepageBytes: null,
    isolation: "shared",
  });
  const wide = syntheticTopology("package:2 core:24 thread:1 memory:64Gi distances:10/21", "wide");
  const [only, ...others] = localityPrices({ ...host, topology: wide }, small);
  expect(others).toEqual([]);
  expect(only).toMatchObject({ locality: "strict", fits: 32, more: true });
  const none = localityPrices(host, requestOf({ vcpus: 100, locality: "interleave" }));
  expect(none).toMatchObject([
    { fits: 0, more: false, meanSlowdown: null, basis: "unknown" },
    { fits: 0, more: false, meanSlowdown: null, basis: "unknown" },
  ]);
});

test("a price is known as its figures are, and not where a VM's load is unknown", () => {
  const known = syntheticTopology(
    "package:2 core:8 thread:1 memory:64Gi access:80(bandwidth:110G) access:139(to:1 bandwidth:34G)@0 " +
      "access:139(to:0 bandwidth:34G)@1",
  );
  const request = requestOf({ memoryBytes: 8 * GiB, hugepageBytes: null });
  const stranger = { name: "stray", pid: 7, plan: null, vcpus: [], memory: [], devices: [] };
  const basisBeside = (held: readonly (typeof stranger)[]): string | undefined =>
    localityPrices({ ...host, topology: known, held }, request)[0]?.basis;
  expect(basisBeside([])).toBe("modelled");
  expect(basisBeside([stranger])).toBe("unknown");
});
