import * as fc from "fast-check";
import { expect, test } from "vitest";
import { topologyDigest } from "./digest.ts";
import { smallTopology } from "./testing/arbitrary-machine.ts";
import { syntheticTopology } from "./synthetic/build.ts";
import type { Topology } from "./topology.ts";

/** The same machine read again later, elsewhere, while it runs. */
function readAgain(topology: Topology): Topology {
  return {
    ...topology,
    name: "again",
    source: "hwloc",
    access: [
      { initiator: 0, target: 0, readLatencyNs: 1, readBytesPerSecond: 1, basis: "measured" },
    ],
    nodes: topology.nodes.map((node) => ({
      ...node,
      hugepages: node.hugepages.map((pool) => ({ ...pool, free: pool.free === null ? 0 : null })),
    })),
    pci: topology.pci.map((device) => ({
      ...device,
      driver: device.driver === null ? "vfio-pci" : null,
      link: device.link === null ? null : { ...device.link, speedGTs: 2.5, width: 1 },
    })),
    partitions: topology.partitions.map((partition) => ({
      ...partition,
      active: partition.active !== true,
    })),
  };
}

test("what changes while a machine runs does not change its digest", () => {
  fc.assert(
    fc.property(smallTopology, (topology) => {
      expect(topologyDigest(readAgain(topology))).toBe(topologyDigest(topology));
    }),
  );
});

test("the order in which the fields were put together does not change it either", () => {
  fc.assert(
    fc.property(smallTopology, (topology) => {
      const reversed = JSON.parse(JSON.stringify(topology), (_, value: unknown) =>
        value !== null && typeof value === "object" && !Array.isArray(value)
          ? Object.fromEntries(Object.entries(value).toReversed())
          : value,
      );
      expect(topologyDigest({ ...topology, ...reversed })).toBe(topologyDigest(topology));
    }),
  );
});

const base =
  "package:2 core:2 memory:8Gi hugepages:4x1Gi distances:10/21 root[gpu:l40s*2] nvlink:4 cpu:A";

test.each([
  ["memory:8Gi", "memory:9Gi"],
  ["core:2", "core:2 core:1@1"],
  ["hugepages:4x1Gi", "hugepages:5x1Gi"],
  ["distances:10/21", "distances:10/20"],
  ["distances:10/21 ", ""],
  ["gpu:l40s", "gpu:l40s(link:4x8)"],
  ["gpu:l40s", "gpu:l4"],
  ["gpu:l40s", "gpu:l40s(bars:?)"],
  ["nvlink:4", "nvlink:5"],
  ["cpu:A", "cpu:B"],
  ["cpu:A", "cpu:A offline:0"],
  ["cpu:A", "cpu:A iommu:off"],
  ["cpu:A", "cpu:A partitions:0-1"],
  ["cpu:A", "cpu:A modules:1,2,3,4"],
  ["cpu:A", "cpu:A page:64Ki"],
])("%s become %s changes it", (from, to) => {
  expect(topologyDigest(syntheticTopology(base.replace(from, to)))).not.toBe(
    topologyDigest(syntheticTopology(base)),
  );
});

test("a digest says what it is made with", () => {
  expect(topologyDigest(syntheticTopology(base))).toMatch(/^sha256:[0-9a-f]{64}$/);
});
