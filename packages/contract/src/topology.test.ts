import { syntheticTopology } from "@evenkeel/core/topology/synthetic/build.ts";
import { detailedTopology } from "@evenkeel/core/testing/topology/arbitrary-details.ts";
import * as fc from "fast-check";
import { expect, test } from "vitest";
import { parseTopology } from "./read-document.ts";

test("any machine in every detail is read as it was written", () => {
  fc.assert(
    fc.property(detailedTopology, (topology) => {
      expect(parseTopology(JSON.stringify(topology), "host.json")).toEqual(topology);
    }),
    { numRuns: 60 },
  );
});

test("what documents written earlier could not say is unknown in them", () => {
  const younger = new Set([
    "l3Caches",
    "cacheAllocation",
    "sideCacheBytes",
    "acsRedirect",
    "atsEnabled",
    "interrupts",
  ]);
  const topology = syntheticTopology("package:2 core:2 memory:8Gi root[gpu:l40s nic:cx7]");
  const earlier = JSON.stringify(topology, (key, value: unknown) =>
    younger.has(key) ? undefined : value,
  );
  expect(earlier).not.toContain("acsRedirect");
  expect(parseTopology(earlier, "host.json")).toEqual(topology);
});
