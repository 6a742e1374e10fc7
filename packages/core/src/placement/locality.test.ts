import * as fc from "fast-check";
import { expect, test } from "vitest";
import { defaultHostPolicy } from "../request/host-policy.ts";
import type { Request } from "../request/request.ts";
import { localities } from "../request/virtual-machine.ts";
import { buildTopology } from "../topology/build.ts";
import { accelerators, requestOf } from "../../testing/request/requests.ts";
import { syntheticTopology } from "../topology/synthetic/build.ts";
import { smallTopology } from "../../testing/topology/arbitrary-machine.ts";
import { GiB } from "../unit/bytes.ts";
import type { HostState } from "../plan/host-state.ts";
import { place } from "../fleet/place.ts";
import type { Plan } from "../plan/plan.ts";
import { planFaults } from "../plan/check/plan-check.ts";

function hostOf(text: string, taken: readonly Plan[] = []): HostState {
  return { topology: syntheticTopology(text), taken, policy: defaultHostPolicy };
}

function planned(host: HostState, request: Request): Plan {
  const plan = place([host], request);
  if (plan.kind === "Refusal") throw new Error(JSON.stringify(plan));
  expect(planFaults(plan, host, request)).toEqual([]);
  return plan;
}

/** Eight nodes, with one accelerator at node 5. */
const epyc =
  "package:2 node:4 core:9 thread:1 memory:32Gi hugepages:20x1Gi distances:10/12/32 root[gpu:h100-sxm]@5";
const one = requestOf({ accelerators: accelerators(1) });

test("GPUs below one switch are so whether or not they have a direct link too", () => {
  const host = hostOf(
    "core:8 memory:64Gi hugepages:40x1Gi root[switch[gpu:a100-sxm gpu:a100-sxm]] root[gpu:a100-sxm] nvlink:12",
  );
  const { accelerators: gpus } = host.topology;
  const asked = requestOf({ accelerators: { count: 2, model: null, link: "switch" } });
  const plan = planned(host, { ...asked, vcpus: 2, memoryBytes: GiB });
  expect(plan.devices.map(({ address }) => address)).toEqual(
    gpus.slice(0, 2).map(({ address }) => address),
  );
});

test("preferred is strict where strict fits", () => {
  const strict = planned(hostOf(epyc), { ...one, vcpus: 8, memoryBytes: 20 * GiB });
  const preferred = planned(hostOf(epyc), {
    ...one,
    vcpus: 8,
    memoryBytes: 20 * GiB,
    locality: "preferred",
  });
  expect({ ...preferred, locality: "strict" }).toEqual(strict);
});

test("preferred strays as near as it can, and the reasons and the cost say so", () => {
  const two = epyc.replace("root[", "root*2[");
  const first = planned(hostOf(two), { ...one, name: "first", vcpus: 4, memoryBytes: 15 * GiB });
  const asked = { ...one, vcpus: 8, memoryBytes: 20 * GiB };
  expect(place([hostOf(two, [first])], asked).kind).toBe("Refusal");
  const plan = planned(hostOf(two, [first]), { ...asked, locality: "preferred" });
  expect(plan.cells).toMatchObject([
    {
      hostNode: 5,
      memoryPolicy: "preferred",
      memoryNodes: "4-5",
      memoryOnNodes: [
        { node: 4, bytes: 15 * GiB },
        { node: 5, bytes: 5 * GiB },
      ],
    },
  ]);
  expect(plan.cost.slowdown).toBeGreaterThan(1);
  expect(plan.cost.basis).toBe("modelled");
  expect(plan.reasons.join(" ")).toContain("has memory on node 4: node 5 has too little free.");
  expect(plan.reasons.join(" ")).toContain("has cores on node 4: node 5 has too few free.");
});

test("the slowdown of a request that must stray is relative to straying on the empty host", () => {
  const asked = { ...one, vcpus: 10, memoryBytes: 50 * GiB, locality: "preferred" } as const;
  const plan = planned(hostOf(epyc), asked);
  expect(plan.cells[0]?.memoryNodes).toBe("4-6");
  expect(plan.cost.slowdown).toBe(1);
});

test("a device of unknown node is in no cell, whatever the locality", () => {
  const host = hostOf(epyc.replace("root[gpu:h100-sxm]", "root[gpu:h100-sxm nic:cx7]"));
  const lost = (kind: "accelerators" | "nics"): HostState => {
    const own = new Set(host.topology[kind].map(({ address }) => address));
    const pci = host.topology.pci.map((device) =>
      own.has(device.address) ? { ...device, node: null } : device,
    );
    return { ...host, topology: { ...host.topology, pci } };
  };
  const withNic = requestOf({ nics: { count: 1, rdma: true } });
  for (const locality of localities) {
    const cases = [
      ["accelerators", one, "accelerator-node-unknown"],
      ["nics", withNic, "nics-unknown"],
      ["nics", { ...one, nics: withNic.nics }, "nics-unknown"],
    ] as const;
    for (const [kind, request, code] of cases) {
      const asked = { ...request, locality };
      expect(planned(host, asked).devices.every(({ node }) => node === 5)).toBe(true);
      const answer = place([lost(kind)], asked);
      const about = `${kind} ${locality}`;
      if (answer.kind === "Plan") throw new Error(`${about}: was placed`);
      expect(
        answer.untold.map((fact) => fact.code),
        about,
      ).toEqual(["device-nodes-untold"]);
      expect(answer.hosts[0]?.ways[0]?.reasons.map((reason) => reason.code)).toEqual([code]);
    }
  }
});

test("on the only node of a machine is every device, whatever its own node reads", () => {
  const topology = syntheticTopology("core:8 memory:64Gi hugepages:40x1Gi root[gpu:h100-sxm]");
  const pci = topology.pci.map((device) => ({ ...device, node: null }));
  const built = buildTopology({ ...topology, pci });
  for (const locality of localities) {
    const plan = planned({ ...hostOf(epyc), topology: built }, { ...one, locality });
    expect(plan.devices.map(({ node }) => node)).toEqual([0]);
  }
});

test("interleave spreads memory over all nodes with CPUs, at a price", () => {
  const plan = planned(hostOf(epyc), { ...one, memoryBytes: 10 * GiB, locality: "interleave" });
  expect(plan.cells[0]).toMatchObject({ memoryPolicy: "interleave", memoryNodes: "0-7" });
  // The two pages that make no full round lie on the GPU's node and on the nearest one.
  expect(plan.cells[0]?.hostNode).toBe(5);
  expect(plan.cells[0]?.memoryOnNodes.map(({ bytes }) => bytes / GiB)).toEqual([
    1, 1, 1, 1, 2, 2, 1, 1,
  ]);
  expect(plan.cost.slowdown).toBeGreaterThan(1);
});

test("a request without accelerators takes the fewest nodes, in equal cells if it can", () => {
  const nodes = (plan: Plan): number[] => plan.cells.map((cell) => cell.hostNode);
  const twelve = planned(hostOf(epyc), requestOf({ vcpus: 12 }));
  expect(nodes(twelve)).toEqual([0, 1]);
  expect(twelve.cells.map((cell) => cell.vcpus.length)).toEqual([6, 6]);
  const uneven = "package:2 core:9 core:4@1 thread:1 memory:32Gi hugepages:20x1Gi distances:10/21";
  const both = planned(hostOf(uneven), requestOf({ vcpus: 12 }));
  expect(both.cells.map((cell) => cell.vcpus.length)).toEqual([8, 4]);
});

test("a small node is sold whole with its accelerator; its emulator has the nearest kept core", () => {
  // A Threadripper 1900X with its second card for guests.
  const card = "memory:16Gi distances:10/16/20 root[gpu:h100-sxm]@1";
  const whole = requestOf({ accelerators: accelerators(1), vcpus: 8, hugepageBytes: null });
  const small = planned(hostOf(`package:1 node:2 core:4 thread:2 ${card}`), whole);
  expect(small.cells.map(({ hostNode }) => hostNode)).toEqual([1]);
  expect([small.emulatorCpus, small.iothreads]).toEqual(["0,8", [{ id: 1, cpus: "0,8" }]]);
  // Of the nodes of two sockets, the nearest is the first of its own.
  const far = "package:2 node:2 core:4 thread:2 memory:16Gi root[gpu:h100-sxm]@3";
  for (const distances of ["", " distances:10/16/20"]) {
    expect(planned(hostOf(far + distances), whole).emulatorCpus).toBe("8,24");
  }
  const across = "distances:10,16,20,12;16,10,20,20;20,20,10,16;12,20,16,10";
  expect(planned(hostOf(`${far} ${across}`), whole).emulatorCpus).toBe("0,16");
});

test("floating VMs share a pool that holds a CPU for each vCPU, and others stay out of it", () => {
  const text = "package:1 core:9 thread:2 memory:32Gi hugepages:20x1Gi";
  const floating = requestOf({ vcpus: 3, isolation: "shared" });
  const first = planned(hostOf(text), { ...floating, name: "first" });
  const second = planned(hostOf(text, [first]), { ...floating, name: "second" });
  const pinned = planned(hostOf(text, [first, second]), {
    ...requestOf({ vcpus: 10 }),
    name: "pinned",
  });
  const pool = (plan: Plan): string[] => [
    ...new Set(
      plan.cells.flatMap((cell) => cell.vcpus.map((v) => ("cpus" in v ? v.cpus : String(v.cpu)))),
    ),
  ];
  expect(pool(first)).toEqual(["1-2,10-11"]);
  expect(pool(second)).toEqual(["1-3,10-12"]);
  expect(pool(pinned)).toEqual(["4", "13", "5", "14", "6", "15", "7", "16", "8", "17"]);
  expect(place([hostOf(text, [first, second, pinned])], { ...floating, name: "full" }).kind).toBe(
    "Refusal",
  );
});

test("vCPUs that end inside a core leave its last thread idle and show single threads", () => {
  const plan = planned(
    hostOf("package:1 core:9 thread:2 memory:32Gi hugepages:20x1Gi"),
    requestOf({ vcpus: 5 }),
  );
  expect(plan.threadsPerCore).toBe(1);
  expect(plan.cells[0]?.vcpus).toHaveLength(5);
  expect(plan.reasons.join(" ")).toContain("1 thread stays idle");
});

test("whatever strict can place costs no less under interleave", () => {
  fc.assert(
    fc.property(smallTopology, fc.integer({ min: 1, max: 8 }), (topology, vcpus) => {
      const host = { topology, taken: [], policy: defaultHostPolicy };
      const request = requestOf({ accelerators: accelerators(1), vcpus, memoryBytes: 2 * GiB });
      const [strict, interleave] = (["strict", "interleave"] as const).map((locality) =>
        place([host], { ...request, locality }),
      );
      if (strict?.kind !== "Plan" || interleave?.kind !== "Plan") return;
      expect(interleave.cost.slowdown).toBeGreaterThanOrEqual(strict.cost.slowdown);
    }),
  );
});
