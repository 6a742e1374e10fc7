import { syntheticTopology } from "@evenkeel/core/topology/synthetic/build.ts";
import { detailedTopology } from "@evenkeel/core/testing/topology/arbitrary-details.ts";
import { withoutNumbers } from "@evenkeel/core/testing/topology/without-numbers.ts";
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

test("nodes without numbers are read back equal", () => {
  const machine = syntheticTopology("package:2 core:4 root*2[gpu:l40s] root[nic:cx7]");
  for (const vague of [withoutNumbers(machine), withoutNumbers(machine, () => null)]) {
    const text = JSON.stringify(vague);
    expect(parseTopology(text, "host.json")).toEqual(vague);
    expect(text).not.toMatch(/"node":\d/);
  }
});

test("fields that earlier documents lack are read as unknown", () => {
  const later = new Set([
    "l3Caches",
    "cacheAllocation",
    "sideCacheBytes",
    "acsRedirect",
    "atsEnabled",
    "interrupts",
    "unnumberedNodes",
    "freeBytes",
  ]);
  const topology = syntheticTopology("package:2 core:2 memory:8Gi root[gpu:l40s nic:cx7]");
  const earlier = JSON.stringify(topology, (key, value: unknown) =>
    later.has(key) ? undefined : value,
  );
  expect(earlier).not.toContain("acsRedirect");
  expect(parseTopology(earlier, "host.json")).toEqual(topology);
});
