import { expect, test } from "vitest";
import { catalogMachine } from "../../topology/catalog/catalog.ts";
import { syntheticTopology } from "../../topology/synthetic/build.ts";
import { sumOf } from "../../unit/sum.ts";
import { flowMachine } from "../flow/flow-machine.ts";
import { costModel, type Placed } from "../placement-cost.ts";
import { profileOf } from "../workload.ts";
import { contentionOf } from "./contention.ts";
import { costParts, vmFlows } from "./vm-flows.ts";

test("behind one switch a copy from memory gets as much of the uplink as one between GPUs", () => {
  const topology = catalogMachine("l40s-pcie");
  if (topology === null) throw new Error("the catalog has l40s-pcie");
  const machine = flowMachine(topology, null);
  const model = costModel(topology, "inference");
  const whole = (node: number): Placed["cells"] => [
    { share: 1, vcpuNodes: [{ node, share: 1 }], memoryNodes: [{ node, share: 1 }] },
  ];
  const near = topology.accelerators.slice(0, 4);
  const far = topology.accelerators.slice(4);
  // Each VM has a GPU of either node, so that all exchange over the switches' uplinks.
  const vms = near.map(({ address }, i) =>
    vmFlows(machine, model, {
      placed: {
        cells: whole(0),
        accelerators: [
          { address, node: 0, cell: 0 },
          { address: far[i]?.address ?? "", node: 1, cell: 0 },
        ],
        nics: [],
      },
      vcpus: 8,
      profile: profileOf("inference"),
    }),
  );
  const [own, ...others] = vms;
  if (own === undefined) throw new Error("the machine has eight GPUs");
  const streams = own.flows.filter(({ part }) => part !== "memory").map((flow) => flow.streams);
  expect(new Set(streams.map((one) => one.toFixed(6))).size).toBe(1);
  const { parts, bottleneck } = contentionOf(machine, own, others);
  expect(bottleneck?.resource).toMatch(/^uplink of the switch/);
  // Four VMs share the uplink, with more than one flow each: by NVLink's rates it would be 25.
  expect(parts.hostToDevice).toBeGreaterThan(3);
  expect(parts.hostToDevice).toBeLessThan(6);
});

test("a VM's flows move what its profile says, whichever devices share it", () => {
  const topology = syntheticTopology(
    "package:1 core:8 memory:64Gi root[switch[gpu:l40s*3 nic:cx7*2]]",
  );
  const machine = flowMachine(topology, null);
  const profile = {
    name: "all",
    computeNs: 0,
    hostToDeviceBytes: 7e9,
    deviceToHostBytes: 5e9,
    peerBytes: 3e9,
    memoryBytes: 2e9,
    writeShare: 0.25,
    randomShare: 0,
    networkBytes: 12e9,
  };
  const moved = (gpus: number): Record<string, number> => {
    const here = [{ node: 0, share: 1 }];
    const placed = {
      cells: [{ share: 1, vcpuNodes: here, memoryNodes: here }],
      accelerators: topology.accelerators
        .slice(0, gpus)
        .map(({ address }) => ({ address, node: 0, cell: 0 })),
      nics: topology.nics.map(({ address }) => address),
    };
    const model = costModel(topology, profile);
    const { flows } = vmFlows(machine, model, { placed, vcpus: 4, profile });
    const bytesOf = (part: string): number =>
      sumOf(
        flows.filter((flow) => flow.part === part),
        ({ bytes }) => bytes,
      );
    return Object.fromEntries(costParts.map((part) => [part, bytesOf(part) / 1e9]));
  };
  // Two NICs, four vCPUs; a GPU alone has no peer.
  expect(moved(0)).toEqual({ hostToDevice: 0, memory: 8, peer: 0, network: 24 });
  expect(moved(1)).toEqual({ hostToDevice: 12, memory: 8, peer: 0, network: 24 });
  expect(moved(3)).toEqual({ hostToDevice: 36, memory: 8, peer: 9, network: 24 });
});
