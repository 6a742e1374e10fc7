import { expect, test } from "vitest";
import { requestOf } from "../../testing/request/requests.ts";
import { slowdownLimit } from "../forecast/slowdown-limit.ts";
import { defaultHostPolicy } from "../request/host-policy.ts";
import { syntheticTopology } from "../topology/synthetic/build.ts";
import { slowedBy } from "./slowed.ts";

const topology = syntheticTopology(
  "package:1 core:8 memory:64Gi hugepages:32x1Gi access:90(bandwidth:110G)",
);
const host = { topology, taken: [], policy: { ...defaultHostPolicy, maxSlowdown: 1.1 } };

test("the VM that is slowed most is named, with what it took before and what would be enough", () => {
  const request = requestOf();
  const limit = slowdownLimit(host, request);
  if (limit === null) throw new Error("the policy sets one");
  const bottleneck = {
    resource: "memory of node 0",
    part: "memory" as const,
    askedBytesPerSecond: 168.8e9,
    capacityBytesPerSecond: 110e9,
    vms: 1,
  };
  const slowed = (of: "new" | "running"): ReturnType<typeof slowedBy> =>
    slowedBy(host, request, {
      ...limit,
      worst: () => 1.231,
      slowest: (layout) => ({
        ...limit.slowest(layout),
        vm: of,
        running: of === "running",
        slowdownBefore: of === "running" ? 1.05 : null,
        slowdownAfter: 1.231,
        bottleneck: of === "running" ? bottleneck : null,
      }),
    });
  expect(slowed("running")).toMatchObject({
    nodes: "0",
    reason: {
      code: "slowdown-exceeded",
      needs: 1.1,
      has: 1.231,
      message:
        "running, which runs there, would take 1.231 times as long as at its best in place of 1.05, " +
        "and at most 1.1 is allowed: memory of node 0: 168.8 of 110.0 GB/s asked for, 1 VM.",
    },
    remedy: { change: "policy.maxSlowdown", from: 1.1, to: 1.24 },
  });
  expect(slowed("new")?.reason.message).toBe(
    "new would take 1.231 times as long as at its best, and at most 1.1 is allowed.",
  );
});

test("nothing is said where no limit is set, or where the request does not fit at all", () => {
  const [small, large] = [requestOf(), requestOf({ vcpus: 100 })];
  const open = { ...host, policy: defaultHostPolicy };
  expect(slowedBy(open, small, slowdownLimit(open, small))).toBeNull();
  expect(slowedBy(host, large, slowdownLimit(host, large))).toBeNull();
});
