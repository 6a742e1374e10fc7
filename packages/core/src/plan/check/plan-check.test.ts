import { expect, test } from "vitest";
import { stranger } from "../../../testing/plan/stranger.ts";
import { defaultHostPolicy } from "../../request/host-policy.ts";
import { accelerators, requestOf } from "../../../testing/request/requests.ts";
import { size } from "../../set/index-set.ts";
import { formatList, setOf } from "../../set/list-format.ts";
import { syntheticTopology } from "../../topology/synthetic/build.ts";
import { GiB } from "../../unit/bytes.ts";
import type { HostState } from "../host-state.ts";
import { place } from "../../fleet/place.ts";
import { type Cell, cpusOfPlan, type Plan, type PlanDevice } from "../plan.ts";
import { planFaults } from "./plan-check.ts";

const topology = syntheticTopology(
  "package:2 core:8 thread:2 memory:64Gi hugepages:40x1Gi distances:10/21 root*2[switch[gpu:h100-sxm nic:cx7]] nvlink:18",
  "host",
);
const request = requestOf({
  accelerators: accelerators(4),
  nics: { count: 2, rdma: true },
  vcpus: 16,
  memoryBytes: 32 * GiB,
});
const host: HostState = { topology, taken: [], policy: defaultHostPolicy };

function planned(state: HostState, given = request): Plan {
  const plan = place([state], given);
  if (plan.kind === "Refusal") throw new Error(JSON.stringify(plan));
  return plan;
}

const plan = planned(host);

function withCell(id: number, change: (cell: Cell) => Partial<Cell>): Plan {
  return { ...plan, cells: plan.cells.map((c) => (c.id === id ? { ...c, ...change(c) } : c)) };
}

function withDevice(index: number, change: (device: PlanDevice) => Partial<PlanDevice>): Plan {
  return {
    ...plan,
    devices: plan.devices.map((d, i) => (i === index ? { ...d, ...change(d) } : d)),
  };
}

const firstVcpuOn = (cpu: number) =>
  withCell(0, ({ vcpus }) => ({ vcpus: vcpus.map((v, i) => (i === 0 ? { id: v.id, cpu } : v)) }));

test("the plan itself has no fault", () => {
  expect(planFaults(plan, host, request)).toEqual([]);
});

/** Broken plans that the checker must notice, with words of its message. */
const broken: readonly (readonly [string, Plan, string])[] = [
  ["a CPU of the host's", firstVcpuOn(0), "kept for the host"],
  ["a CPU of the other node", firstVcpuOn(12), "not of node 0"],
  ["a CPU that is not there", firstVcpuOn(99), "not online"],
  ["a vCPU twice on one CPU", firstVcpuOn(2), "has a vCPU already"],
  ["threads of two cores as one", firstVcpuOn(7), "not of one core"],
  [
    "a cell on no node",
    withCell(0, () => ({
      hostNode: 5,
      memoryNodes: "5",
      memoryOnNodes: [{ node: 5, bytes: 16 * GiB }],
    })),
    "is not there",
  ],
  [
    "memory away from its cell",
    withCell(0, () => ({
      memoryNodes: "1",
      memoryPolicy: "preferred",
      memoryOnNodes: [{ node: 1, bytes: 16 * GiB }],
    })),
    "away from its own",
  ],
  [
    "more pages than there are",
    withCell(0, () => ({ memoryBytes: 41 * GiB, memoryOnNodes: [{ node: 0, bytes: 41 * GiB }] })),
    "more than are free",
  ],
  [
    "half a page",
    withCell(0, () => ({ memoryBytes: 1.5 * GiB, memoryOnNodes: [{ node: 0, bytes: 1.5 * GiB }] })),
    "whole pages",
  ],
  ["pages of another size", withCell(0, () => ({ pageBytes: 2 ** 21 })), "more than are free"],
  ["parts that do not add up", withCell(0, () => ({ memoryBytes: GiB })), "add up"],
  [
    "a device that is not there",
    withDevice(0, () => ({ address: "0000:ff:00.0" })),
    "no accelerator",
  ],
  ["a NIC for an accelerator", withDevice(4, () => ({ kind: "accelerator" })), "no accelerator"],
  ["a device shown on the wrong cell", withDevice(0, () => ({ cell: 1 })), "away from the VM's"],
  ["a device less", { ...plan, devices: plan.devices.slice(1) }, "3 given, 4 asked for"],
  [
    "a device twice",
    { ...plan, devices: [...plan.devices, ...plan.devices.slice(0, 1)] },
    "listed twice",
  ],
  [
    "a device of another node",
    withDevice(0, () => ({ node: 1 })),
    "the node 0, and the plan says 1",
  ],
  ["a device of another make", withDevice(0, () => ({ device: "2331" })), "the plan says 2331"],
  ["a device of another class", withDevice(0, () => ({ class: "020000" })), "the plan says 020000"],
  ["a device of other BARs", withDevice(0, () => ({ barBytes: [1] })), "the plan says 1"],
  ["a device below another root", withDevice(0, () => ({ root: "pci0000:ee" })), "pci0000:ee"],
  [
    "a device below no switch",
    withDevice(0, () => ({ switch: null, switches: [] })),
    "the plan names: none",
  ],
  [
    "a device below the switch of another",
    withDevice(0, () => ({
      switch: plan.devices[3]?.switch ?? null,
      switches: plan.devices[3]?.switches ?? null,
    })),
    "is not below exactly the switches",
  ],
  ["links less", { ...plan, links: plan.links?.slice(1) ?? null }, "not those among"],
  [
    "distances of another host",
    {
      ...plan,
      distances: [
        [10, 20],
        [20, 10],
      ],
    },
    "not those of the cells",
  ],
  ["an emulator on a vCPU's core", { ...plan, emulatorCpus: "1-2" }, "share CPUs"],
  ["another machine", { ...plan, topologyDigest: "sha256:0" }, "another machine"],
  [
    "fewer vCPUs than asked for",
    withCell(1, ({ vcpus }) => ({ vcpus: vcpus.slice(0, 6) })),
    "14 given",
  ],
];

test.each(broken)("%s is noticed", (_, faulty, words) => {
  const messages = planFaults(faulty, host, request).map(({ message }) => message);
  expect(messages.join("\n")).toContain(words);
});

test("devices, cores and pages that another VM holds are noticed", () => {
  const small = requestOf({ accelerators: accelerators(1), vcpus: 4, memoryBytes: 30 * GiB });
  const first = planned(host, small);
  const again = planFaults(first, { ...host, taken: [{ ...first, vm: "other" }] });
  expect(again.map(({ subject }) => subject)).toEqual(
    expect.arrayContaining(["node 0", "other", ...first.devices.map((device) => device.address)]),
  );
});

test.each(["l3", "node", "host"] as const)(
  "a neighbor within isolation %s is noticed",
  (isolation) => {
    const small = requestOf({ vcpus: 2, memoryBytes: GiB });
    const other = planned(host, { ...small, name: "other", isolation: "core" });
    const mine = planned({ ...host, taken: [other] }, small);
    const alone: Plan = { ...mine, isolation };
    expect(mine.cells[0]?.hostNode).toBe(0);
    const beside = { ...host, taken: [other] };
    expect(planFaults(mine, beside)).toEqual([]);
    expect(planFaults(alone, beside).map(({ subject }) => subject)).toContain("other");
  },
);

test("a pool with more floating vCPUs than CPUs is noticed, whosever they are", () => {
  const small = requestOf({ vcpus: 1, memoryBytes: GiB, hugepageBytes: null });
  const mine = planned(host, { ...small, isolation: "shared" });
  const pool = formatList(cpusOfPlan(mine));
  expect(size(setOf(pool))).toBe(2);
  const faults = (others: number, held: number): readonly string[] => {
    const taken = Array.from({ length: others }, (_, i) => ({ ...mine, vm: `other${i}` }));
    const running = stranger({ vcpus: [{ count: held, cpus: pool }] });
    const beside = { ...host, taken, held: held > 0 ? [running] : [] };
    return planFaults(mine, beside)
      .filter(({ subject }) => subject === "isolation")
      .map(({ message }) => message);
  };
  expect(faults(1, 0)).toEqual([]);
  expect(faults(2, 0)).toEqual([`3 vCPUs float over the 2 CPUs ${pool}`]);
  expect(faults(0, 1)).toEqual([]);
  expect(faults(1, 1)).toEqual(["1 vCPUs of other VMs may run nowhere but on its CPUs"]);
});

test("the functions of an IOMMU group go together", () => {
  const pci = topology.pci.map((device) =>
    device.address === plan.devices[4]?.address
      ? {
          ...device,
          iommuGroup:
            topology.pci.find((d) => d.address === plan.devices[0]?.address)?.iommuGroup ?? null,
        }
      : device,
  );
  const grouped: HostState = { ...host, topology: { ...topology, pci } };
  const made = planned(grouped, requestOf({ accelerators: accelerators(4), vcpus: 8 }));
  expect(made.devices[0]?.companions).toEqual([plan.devices[4]?.address]);
  const without = { ...made, devices: made.devices.map((d) => ({ ...d, companions: [] })) };
  expect(
    planFaults(without, grouped)
      .map(({ message }) => message)
      .join(),
  ).toContain("missing from the plan");
});
