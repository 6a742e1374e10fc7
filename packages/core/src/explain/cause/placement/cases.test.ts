import { expect, test } from "vitest";
import { cleanVm, onMachine } from "../../../../testing/explain/clean.ts";
import { mapping, program, thread } from "../../../../testing/explain/program.ts";
import type { DeviceEvidence, Evidence, MemoryMapping } from "../../../evidence/evidence.ts";
import { syntheticTopology } from "../../../topology/synthetic/build.ts";
import type { Topology } from "../../../topology/topology.ts";
import { GiB } from "../../../unit/bytes.ts";
import { at } from "../../../unit/list.ts";
import { diagnose } from "../../diagnose.ts";
import { explainBy } from "../../explain.ts";
import { placementCauses } from "../../placement-causes.ts";
import { subjectOf } from "../../subject/subject.ts";

/** Public reports of slow machines whose cause was found, rebuilt from what they tell. */

function compared(a: Evidence, b: Evidence) {
  return explainBy(placementCauses, a, b);
}

const codesIn = (side: "a" | "b", a: Evidence, b: Evidence): string[] =>
  compared(a, b)
    .differences.filter((one) => one.in === side)
    .map(({ code }) => code);

/** A process on a machine, with some of its devices. */
function on(topology: Topology, devices: readonly string[], change: Partial<Evidence>): Evidence {
  const device = at(cleanVm(0).devices, 0);
  const own = devices.map((address): DeviceEvidence => {
    const node = topology.pci.find((one) => one.address === address)?.node ?? null;
    return { ...device, address, driver: "nvidia", node, interrupts: [] };
  });
  const evidence = program({ devices: own, ...change });
  return onMachine(evidence, () => ({ topology, neighbours: [], nodes: null }));
}

const memory = (gibibytes: Readonly<Record<number, number>>, policy: MemoryMapping["policy"]) => [
  mapping({
    policy,
    onNodes: Object.entries(gibibytes).map(([node, amount]) => {
      return { node: Number(node), bytes: amount * GiB };
    }),
  }),
];

const unbound = { mode: "default", nodes: "" };

test("eight unbound ranks on eight nodes: 70 ms a token, 14 ms when bound (NVIDIA/srt-slurm#332)", () => {
  const machine = syntheticTopology(
    "package:2 node:4 core:16 thread:1 memory:192Gi distances:10/12/32 root[gpu:h100-sxm]",
    "b300",
  );
  const gpu = at(machine.accelerators, 5).address;
  const rank = (allowedCpus: string, gibibytes: Record<number, number>): Evidence =>
    on(machine, [gpu], {
      threads: [0, 1, 2].map((i) =>
        thread(5000 + i, { allowedCpus, allowedNodes: "0-7", lastCpu: i === 0 ? 3 : 81 }),
      ),
      memory: memory(gibibytes, unbound),
    });
  const bound = rank("80-95", { 5: 8 });
  expect(codesIn("a", rank("0-127", { 5: 8 }), bound)).toEqual(["vcpus-float"]);
  const scattered = rank("0-127", { 0: 2, 2: 3, 5: 3 });
  expect(codesIn("a", scattered, bound).toSorted()).toEqual(["memory-unbound", "vcpus-float"]);
  expect(codesIn("b", scattered, bound)).toEqual([]);
});

test("bound after its first pages: 22 % of them remote (NVIDIA/TensorRT-LLM#18117)", () => {
  const machine = syntheticTopology(
    "package:2 core:72 thread:1 memory:480Gi distances:10/40 root[gpu:h100-sxm]",
    "grace",
  );
  const gpu = at(machine.accelerators, 1).address;
  const worker = (gibibytes: Record<number, number>, progress: string): Evidence =>
    on(machine, [gpu], {
      threads: [
        thread(5000, { allowedCpus: "72-143", lastCpu: 80 }),
        thread(5001, { allowedCpus: "72-143", lastCpu: 81 }),
        thread(5002, { allowedCpus: progress, lastCpu: 10, name: "ucx progress" }),
      ],
      memory: memory(gibibytes, unbound),
    });
  const late = worker({ 0: 3, 1: 10.6 }, "0-143");
  const atExec = worker({ 1: 13.6 }, "72-143");
  expect(codesIn("a", late, atExec).toSorted()).toEqual(["memory-unbound", "vcpus-float"]);
  const pages = compared(late, atExec).differences.find(({ code }) => code === "memory-unbound");
  expect(pages).toMatchObject({ in: "a", leadsTo: ["memory-off-node"] });
  expect(pages?.cost.slowdown).toBeGreaterThan(1.02);
  expect(compared(atExec, atExec).twins).toBe(true);
});

test("bound to one node, 7 % slower than spread over both (FlashML-org/FreeToken#18)", () => {
  const machine = syntheticTopology(
    "package:2 core:32 thread:1 memory:256Gi distances:10/21 root[gpu:h100-pcie]",
    "half-populated",
  );
  const gpu = at(machine.accelerators, 0).address;
  const served = (gibibytes: Record<number, number>, cpus: string, threads: number): Evidence =>
    on(machine, [gpu], {
      threads: Array.from({ length: threads }, (_, i) =>
        thread(5000 + i, { allowedCpus: cpus, lastCpu: i }),
      ),
      memory: memory(gibibytes, unbound),
    });
  const bound = served({ 0: 143 }, "0-31", 32);
  const spread = served({ 0: 72, 1: 71 }, "0-63", 64);
  const [first] = compared(bound, spread).differences;
  expect(first).toMatchObject({
    code: "bound-too-tight",
    in: "a",
    severity: "info",
    cost: { slowdown: null, basis: "unknown" },
  });
  expect(codesIn("b", bound, spread)).toEqual([]);
});

test("irqbalance puts the interrupts of node 0's NIC on node 1 (Irqbalance/irqbalance#169, #175)", () => {
  const machine = syntheticTopology(
    "package:2 core:26 thread:2 memory:96Gi distances:10/21 root[nic:cx7]",
    "two-sockets",
  );
  const nic = at(machine.nics, 0).address;
  const balanced = (cpus: string): Evidence => {
    const pci = machine.pci.map((one) =>
      one.address === nic
        ? { ...one, interrupts: { allowedCpus: cpus, effectiveCpus: cpus } }
        : one,
    );
    const others = pci.map((one) =>
      one.address === at(machine.nics, 1).address
        ? { ...one, interrupts: { allowedCpus: "26-51,78-103", effectiveCpus: "30" } }
        : one,
    );
    const { host, takenAt, kernel } = cleanVm(0);
    const of = { of: "machine", name: "host", host, takenAt, kernel } as const;
    const none = { process: null, threads: null, memory: null, devices: [] };
    return on({ ...machine, pci: others }, [], { ...of, ...none });
  };
  const found = (evidence: Evidence) =>
    diagnose(subjectOf(evidence), null, placementCauses).found.map(({ cause, about }) => {
      return [cause.code, about];
    });
  expect(found(balanced("26-51,78-103"))).toEqual([["interrupts-far", nic]]);
  expect(found(balanced("0-25,52-77"))).toEqual([]);
});

test("a rank that is bound by its number, on a machine whose GPUs are not in that order", () => {
  const machine = syntheticTopology(
    "package:2 core:16 thread:1 memory:128Gi distances:10/21 root[gpu:h100-sxm]",
    "swapped",
  );
  const gpu = at(machine.accelerators, 1).address;
  const rank = (node: number): Evidence =>
    on(machine, [gpu], {
      threads: [thread(5000, { allowedCpus: node === 0 ? "0-15" : "16-31", lastCpu: node * 16 })],
      memory: memory({ [node]: 16 }, { mode: "bind", nodes: `${node}` }),
    });
  const codes = codesIn("a", rank(0), rank(1)).toSorted();
  expect(codes).toEqual(["memory-bound-elsewhere", "vcpus-off-node"]);
});

test("numactl --interleave=all around a program with one GPU", () => {
  const interleaved = program({
    memory: memory({ 0: 8, 1: 8 }, { mode: "interleave", nodes: "0-1" }),
  });
  expect(codesIn("a", interleaved, program())).toEqual(["memory-interleaved"]);
});

test("an effect of several causes is paid for once", () => {
  const vm = cleanVm(0);
  const busy = {
    ...vm,
    threads: (vm.threads ?? []).map((one) =>
      one.role?.kind === "vcpu"
        ? { ...one, waitedNs: 20_000_000_000 }
        : { ...one, allowedCpus: "1", lastCpu: 1 },
    ),
  };
  const loaded = onMachine(busy, ({ neighbours }) => ({
    neighbours: (neighbours ?? []).map((one) => {
      return { ...one, vcpus: [{ count: 8, cpus: "0-7,16-23" }] };
    }),
  }));
  const { found } = diagnose(subjectOf(loaded), null, placementCauses);
  expect(found.map(({ cause, cost, leadsTo }) => [cause.code, cost.basis, leadsTo])).toEqual([
    ["helpers-on-worker-cores", "measured", ["cpu-waiting"]],
    ["neighbour-load", "unknown", ["cpu-waiting"]],
  ]);
});

test("of a VM whose threads have no names, what would tell its vCPUs is said", () => {
  const vm = cleanVm(0);
  const threads = (vm.threads ?? []).map((one) => ({ ...one, role: null }));
  const { unchecked } = compared({ ...vm, threads }, cleanVm(1));
  const why = unchecked.find(({ code }) => code === "vcpus-off-node")?.why;
  expect(why).toMatch(/^which of its threads are vCPUs is not known: .*debug-threads=on/);
});

test("huge pages that VMs hold already make no VM wider: the yardstick is the empty machine", () => {
  const full = syntheticTopology(
    "package:2 core:8 thread:2 memory:64Gi hugepages:60x1Gi distances:10/21 root[switch[gpu:h100-sxm nic:cx7]]",
    "full-host",
  );
  const vm = cleanVm(0);
  const [gpu, nic] = [at(full.accelerators, 0).address, at(full.nics, 0).address];
  const moved: Evidence = {
    ...vm,
    devices: vm.devices.map((one, i) => ({ ...one, address: i === 0 ? gpu : nic })),
    shapes: vm.shapes.map((one) => ({
      ...one,
      devices: (one.devices ?? []).map((each, i) => ({
        ...each,
        hostAddress: i === 0 ? gpu : nic,
      })),
    })),
    memory: (vm.memory ?? []).map((one) => ({ ...one, onNodes: [{ node: 1, bytes: 16 * GiB }] })),
  };
  const codesWith = (free: number): readonly string[] => {
    const nodes = full.nodes.map((node) => ({
      ...node,
      hugepages: (node.hugepages ?? []).map((pool) => ({ ...pool, free })),
    }));
    const evidence = onMachine(moved, () => ({ topology: { ...full, nodes }, neighbours: [] }));
    const { found } = diagnose(subjectOf(evidence), null, placementCauses);
    return found.flatMap(({ cause, leadsTo }) => [cause.code, ...leadsTo]);
  };
  expect(codesWith(60)).toContain("memory-off-node");
  expect(codesWith(12)).toEqual(codesWith(60));
});
