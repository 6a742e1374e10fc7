import * as fc from "fast-check";
import { expect, test } from "vitest";
import { isDigestOf, topologyDigest } from "./digest.ts";
import { emptyCalibration } from "../calibration/empty.ts";
import { detailedTopology } from "../../testing/topology/arbitrary-details.ts";
import { syntheticTopology } from "./synthetic/build.ts";
import type { Topology } from "./topology.ts";

const allocation = {
  classes: 15,
  ways: "0-10",
  sharedWays: null,
  waysMin: 1,
  bandwidthClasses: null,
};

/** The same machine read again later, elsewhere, while it runs. */
function readAgain(topology: Topology): Topology {
  return {
    ...topology,
    name: "again",
    source: "hwloc",
    access: [
      { initiator: 0, target: 0, readLatencyNs: 1, readBytesPerSecond: 1, basis: "measured" },
    ],
    calibration: emptyCalibration("mlc"),
    nodes: topology.nodes.map((node) => ({
      ...node,
      freeBytes: node.freeBytes === null ? 4096 : node.freeBytes + 4096,
      hugepages:
        node.hugepages?.map((pool) => ({ ...pool, free: pool.free === null ? 0 : null })) ?? null,
    })),
    cacheAllocation: topology.cacheAllocation === null ? allocation : null,
    pci: topology.pci.map((device) => ({
      ...device,
      acsRedirect: device.acsRedirect !== true,
      atsEnabled: null,
      interrupts: { allowedCpus: "0", effectiveCpus: null },
      driver: device.driver === null ? "vfio-pci" : null,
      link: device.link === null ? null : { ...device.link, speedGTs: 2.5, width: 1 },
    })),
    accelerators: topology.accelerators.map((accelerator) => ({
      ...accelerator,
      profile: accelerator.profile === null ? "NVIDIA L40S-12C" : null,
      migEnabled: accelerator.migEnabled !== true,
      instances: [{ profile: "1g.10gb", uuid: null, memoryBytes: null }],
    })),
    partitions: topology.partitions.map((partition) => ({
      ...partition,
      active: partition.active !== true,
    })),
  };
}

test("facts that change while a machine runs do not change its digest", () => {
  fc.assert(
    fc.property(detailedTopology, (topology) => {
      expect(topologyDigest(readAgain(topology))).toBe(topologyDigest(topology));
    }),
  );
});

test("the order of the fields does not change it", () => {
  fc.assert(
    fc.property(detailedTopology, (topology) => {
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

test("a memory-side cache changes it, and without one the field is left out", () => {
  const machine = syntheticTopology(base);
  const behind = machine.nodes.map((node) => ({ ...node, sideCacheBytes: 1 << 30 }));
  expect(topologyDigest({ ...machine, nodes: behind })).not.toBe(topologyDigest(machine));
});

test("caches change it, and without caches the field is left out", () => {
  const machine = syntheticTopology(base);
  const l3Caches = [{ id: 0, sizeBytes: 32 << 20, ways: 16, kernelId: 0 }];
  const digest = topologyDigest({ ...machine, l3Caches });
  expect(digest).not.toBe(topologyDigest(machine));
  const other = l3Caches.map((cache) => ({ ...cache, ways: 12 }));
  expect(digest).not.toBe(topologyDigest({ ...machine, l3Caches: other }));
});

test("a digest names its algorithm", () => {
  expect(topologyDigest(syntheticTopology(base))).toMatch(/^sha256:[0-9a-f]{64}$/);
});

test("stated interconnects are part of it, if there are any", () => {
  const machine = syntheticTopology(base);
  const [a, b] = machine.accelerators.map(({ address }) => address);
  const stated: Topology = {
    ...machine,
    interconnects: [{ a: a ?? "", b: b ?? "", class: "SYS" }],
  };
  expect(topologyDigest(stated)).not.toBe(topologyDigest(machine));
});

test("classes count where there are several, and a digest from before they were known is accepted", () => {
  const machine = "core:4 memory:8Gi";
  const blind = syntheticTopology(machine);
  const alike = syntheticTopology(`${machine} classes:0-3`);
  const classed = syntheticTopology(`${machine} classes:0-1;2-3`);
  const other = syntheticTopology(`${machine} classes:2-3;0-1`);
  expect(topologyDigest(alike)).toBe(topologyDigest(blind));
  expect(topologyDigest(classed)).not.toBe(topologyDigest(blind));
  expect(topologyDigest(other)).not.toBe(topologyDigest(classed));
  expect(isDigestOf(topologyDigest(blind), classed)).toBe(true);
  expect(isDigestOf(topologyDigest(classed), classed)).toBe(true);
  expect(isDigestOf(topologyDigest(other), classed)).toBe(false);
  expect(isDigestOf(topologyDigest(classed), blind)).toBe(false);
});

test("a machine of which nobody told NVLink-C2C keeps the digest of before that was asked", () => {
  // What stored plans have of this machine.
  const before = "sha256:aa5924e5c0a13b11073e27ca8e0e230df6f83e6c197eb72e28189a15580f270b";
  const machine = syntheticTopology(base);
  expect(topologyDigest(machine)).toBe(before);
  const digests = [true, false].map((c2c) => {
    const accelerators = machine.accelerators.map((one) => ({ ...one, c2c }));
    return topologyDigest({ ...machine, accelerators });
  });
  expect(new Set([before, ...digests]).size).toBe(3);
});
