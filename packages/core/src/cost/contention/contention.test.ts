import { expect, test } from "vitest";
import { syntheticTopology } from "../../topology/synthetic/build.ts";
import { flowMachine } from "../flow/flow-machine.ts";
import { costModel, type NodeShare } from "../placement-cost.ts";
import { contentionOf, slowdownBy } from "./contention.ts";
import { type VmFlows, vmFlows } from "./vm-flows.ts";

const topology = syntheticTopology(
  "package:2 core:64 memory:64Gi access:80(bandwidth:110G)@0-1 access:139(to:1 bandwidth:34G)@0 " +
    "access:139(to:0 bandwidth:34G)@1",
);
const machine = flowMachine(topology, null);

/** Reads of so many vCPUs of node 0, as fast as they may. */
function readsOf(vcpus: number, memoryNodes: readonly NodeShare[]): VmFlows {
  const profile = {
    name: "reads",
    computeNs: 0,
    hostToDeviceBytes: 0,
    deviceToHostBytes: 0,
    peerBytes: 0,
    memoryBytes: 1e9,
    writeShare: 0,
    randomShare: 0,
    networkBytes: 0,
  };
  const cells = [{ share: 1, vcpuNodes: [{ node: 0, share: 1 }], memoryNodes }];
  const placed = { cells, accelerators: [], nics: [] };
  return vmFlows(machine, costModel(topology, profile), { placed, vcpus, profile });
}

test("what is asked of a bottleneck is each VM's part of it, as far as its path carries that", () => {
  const own = readsOf(40, [{ node: 0, share: 1 }]);
  // 34 GB/s over the link, and as much from node 0.
  const interleaved = readsOf(20, [
    { node: 0, share: 0.5 },
    { node: 1, share: 0.5 },
  ]);
  const apart = readsOf(8, [{ node: 1, share: 1 }]);
  expect(contentionOf(machine, own, [interleaved, apart], "full").bottleneck).toEqual({
    resource: "memory of node 0",
    part: "memory",
    askedBytesPerSecond: 144e9,
    capacityBytesPerSecond: 110e9,
    vms: 2,
  });
  expect(contentionOf(machine, own, [apart])).toMatchObject({ bottleneck: null });
});

test("a slowdown among neighbours weighs each part by its time on the place", () => {
  const none = { hostToDevice: 0, memory: 0, peer: 0, network: 0 };
  const slowed = slowdownBy(
    { ...none, hostToDevice: 0.5, memory: 0.3, peer: 0.2 },
    {
      basis: "modelled",
      total: 1.65,
      parts: { hostToDevice: 2, memory: 1.5, peer: 1, network: 1 },
    },
    {
      parts: { hostToDevice: 3, memory: 2, peer: 1, network: 7 },
      bottleneck: null,
      latencyNs: null,
      basis: "modelled",
    },
  );
  // (0.5 · 2 · 3 + 0.3 · 1.5 · 2 + 0.2) / (0.5 · 2 + 0.3 · 1.5 + 0.2)
  expect(slowed).toBeCloseTo(4.1 / 1.65, 12);
});
