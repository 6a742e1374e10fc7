import { expect, test } from "vitest";
import { measuredOn } from "../../../testing/calibration/measured-on.ts";
import { requestOf } from "../../../testing/request/requests.ts";
import { calibrated } from "../../cost/calibrated.ts";
import { place } from "../../fleet/place.ts";
import { defaultHostPolicy } from "../../request/host-policy.ts";
import { syntheticTopology } from "../../topology/synthetic/build.ts";
import type { Topology } from "../../topology/topology.ts";
import { inventoryOf } from "./inventory.ts";
import { inventoryShape } from "./shape.ts";

const machine = syntheticTopology(
  "package:2 core:8 memory:64Gi hugepages:32x1Gi distances:10/21 root[gpu:l40s*2]",
);
const shapeOf = (topology: Topology): string =>
  inventoryShape(inventoryOf(topology, defaultHostPolicy));

const latencyNs = (a: number, b: number): number => (a === b ? 80 : 140);
const near = new Set(machine.accelerators.slice(0, 2).map(({ address }) => address));
const copies = (remote: number) => (address: string, node: number) =>
  near.has(address) === (node === 0) ? 26e9 : remote;

test("calibrations make machines differ by the prices alone", () => {
  const measured = measuredOn(machine, { latencyNs, copyBytesPerSecond: copies(13e9) });
  const shape = shapeOf(calibrated(machine, measured).topology);
  const later = {
    ...measured,
    measuredAt: "2026-02-01T12:00:00.000Z",
    warnings: ["this machine was busy"],
    peers: [],
    loaded: [{ initiator: 0, target: 0, points: [{ bytesPerSecond: 1e9, latencyNs: 81 }] }],
  };
  expect(shapeOf(calibrated(machine, later).topology)).toBe(shape);
  const slower = measuredOn(machine, { latencyNs, copyBytesPerSecond: copies(9e9) });
  const farther = measuredOn(machine, {
    latencyNs: (a, b) => 2 * latencyNs(a, b) - (a === b ? 80 : 100),
    copyBytesPerSecond: copies(13e9),
  });
  const shapes = [slower, farther].map((one) => shapeOf(calibrated(machine, one).topology));
  expect(new Set([shape, shapeOf(machine), ...shapes]).size).toBe(4);
});

test("what was measured is no part of a signature, and prices the plan", () => {
  const measured = measuredOn(machine, { latencyNs, copyBytesPerSecond: copies(13e9) });
  const request = requestOf({
    vcpus: 4,
    memoryBytes: 8 * 2 ** 30,
    accelerators: { count: 1, model: null, link: "any" },
  });
  const plans = [machine, calibrated(machine, measured).topology].map((topology) =>
    place([{ topology, taken: [], policy: defaultHostPolicy }], request),
  );
  const [before, after] = plans.map((plan) => (plan.kind === "Plan" ? plan : null));
  expect(after?.signature).toBe(before?.signature);
  expect(after?.topologyDigest).toBe(before?.topologyDigest);
  expect([before?.cost.basis, after?.cost.basis]).toEqual(["modelled", "measured"]);
});
