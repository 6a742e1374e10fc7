import { syntheticTopology } from "@evenkeel/core/topology/synthetic/build.ts";
import { detailedTopology } from "@evenkeel/core/testing/topology/arbitrary-details.ts";
import * as fc from "fast-check";
import { expect, test } from "vitest";
import { parseTopology } from "./read-document.ts";

test("any topology, with every optional detail, is read back equal", () => {
  fc.assert(
    fc.property(detailedTopology, (topology) => {
      expect(parseTopology(JSON.stringify(topology), "host.json")).toEqual(topology);
    }),
    { numRuns: 60 },
  );
});

test("fields that earlier documents lack are read as unknown", () => {
  const later = new Set([
    "l3Caches",
    "cacheAllocation",
    "sideCacheBytes",
    "acsRedirect",
    "atsEnabled",
    "interrupts",
  ]);
  const topology = syntheticTopology("package:2 core:2 memory:8Gi root[gpu:l40s nic:cx7]");
  const earlier = JSON.stringify(topology, (key, value: unknown) =>
    later.has(key) ? undefined : value,
  );
  expect(earlier).not.toContain("acsRedirect");
  expect(parseTopology(earlier, "host.json")).toEqual(topology);
});
