import { expect, test } from "vitest";
import { syntheticTopology } from "@evenkeel/core/topology/synthetic/build.ts";
import { GiB } from "@evenkeel/core/unit/bytes.ts";
import {
  cpus,
  domain,
  found,
  gpuOnNode1,
  guest,
  machine,
  memory,
  pod,
  settings,
  threads,
  tool,
  type Written,
} from "./sparse-record.ts";

/**
 * Kinds of slow machines that people report in public, each as two records with little more in
 * them than the report's one observable: no topology, no threads, no memory unless it is about
 * them. The true cause is found first, and nothing else is accused.
 */
const state = (name: string, latencyUs: number, disabled = false): Written => {
  return { name, latencyUs, disabled };
};
const x16 = { speedGTs: 16, width: 16, maxSpeedGTs: 16, maxWidth: 16 };
const gpu = { address: "0000:02:00.0", vendor: "10de", device: "2330" };
const nic = { address: "0000:03:00.0", vendor: "15b3", device: "1021" };
const port = { address: "0000:01:00.0", below: [gpu.address, nic.address] };
const epyc = syntheticTopology(
  'cpu:"AMD EPYC 9654" package:2 core:16 thread:2 classes:0-63 memory:256Gi root[gpu:h100-pcie]',
  "host",
);
const rtx4090s = tool(
  { address: "0000:01:00.0", productName: "NVIDIA GeForce RTX 4090" },
  { address: "0000:02:00.0", productName: "NVIDIA GeForce RTX 4090" },
);
const two4090 = (iommuDomain: string): Written => ({
  ...rtx4090s,
  devices: ["0000:01:00.0", "0000:02:00.0"].map((address) => {
    return { address, where: "lspci", present: true, iommuDomain };
  }),
});
const vcpu = { role: { kind: "vcpu", id: 0 } };
const pinnedVm = (emulator: string): Written => ({
  of: "vm",
  cores: ["0", "1", "2", "3"],
  threads: [
    { tid: 1, where: "ps", role: { kind: "vcpu", id: 0 }, allowedCpus: "0" },
    { tid: 2, where: "ps", role: { kind: "vcpu", id: 1 }, allowedCpus: "1" },
    { tid: 3, where: "ps", role: { kind: "emulator" }, allowedCpus: emulator },
  ],
});

type Case = readonly [what: string, cause: string, slow: Written, fast: Written];

const cases: readonly Case[] = [
  [
    "a processor that takes long to wake up from C6 (gvisor#14526)",
    "deep-idle-states",
    cpus({ idleStates: [state("C1", 1), state("C6", 170)] }),
    cpus({ idleStates: [state("C1", 1), state("C2", 15)] }),
  ],
  [
    "a cap of the clocks, where nobody told what the processor can do",
    "frequency-capped",
    cpus({ maxKHz: 1_500_000 }),
    cpus({ maxKHz: 3_700_000 }),
  ],
  [
    "the governor powersave of acpi-cpufreq",
    "governor-saving",
    cpus({ governor: "powersave", driver: "acpi-cpufreq" }),
    cpus({ governor: "performance" }),
  ],
  ["turbo off in the firmware", "turbo-off", settings({ turbo: false }), settings({ turbo: true })],
  [
    "Retbleed's IBRS on Skylake",
    "mitigations-differ",
    settings({ vulnerabilities: [{ name: "retbleed", state: "Mitigation: IBRS" }] }),
    settings({ vulnerabilities: [{ name: "retbleed", state: "Vulnerable" }] }),
  ],
  [
    "threads on isolated CPUs, all on the first of them",
    "isolated-crowd",
    {
      ...settings({ bootOptions: ["isolcpus=4-15"] }),
      ...threads(["4-15", "4-15"], { lastCpu: 4 }),
    },
    { ...settings({ bootOptions: [] }), ...threads(["4-15", "4-15"], { lastCpu: 4 }) },
  ],
  [
    "NUMA balancing, and nobody looked at memory (DeepEP#624)",
    "autonuma-on",
    { kernel: { numaBalancing: 1 } },
    { kernel: { numaBalancing: 0 } },
  ],
  [
    "transparent huge pages never, and nobody looked at memory",
    "thp-off",
    { kernel: { transparentHugepages: "never" } },
    { kernel: { transparentHugepages: "always" } },
  ],
  [
    "a CPU limit of Kubernetes whose cpu.stat nobody read",
    "cpu-quota",
    pod({ quota: { quotaUs: 400_000, periodUs: 100_000 } }),
    pod({}),
  ],
  [
    "a CPU limit, measured (koordinator#489)",
    "cpu-quota",
    pod({
      quota: { quotaUs: 100_000, periodUs: 100_000 },
      throttled: { periods: 3076, throttledPeriods: 34, throttledUs: 12_070 },
    }),
    pod({}),
  ],
  ["a BestEffort pod", "cpu-weight-low", pod({ cpuWeight: 1 }), pod({ cpuWeight: 39 })],
  [
    "memory.high reached again and again",
    "memory-limited",
    pod({ memoryHighBytes: 64 * GiB, memoryReclaims: 88_231 }),
    pod({}),
  ],
  [
    "a power limit of half, and only nvidia-smi's limits are known",
    "power-capped",
    tool({ power: { limitWatts: 150, defaultWatts: 300 } }),
    tool({ power: { limitWatts: 300, defaultWatts: 300 } }),
  ],
  [
    "a container's GPU too hot, by nvidia-smi alone",
    "throttled-thermal",
    { of: "container", ...tool({ throttleReasons: ["HW Thermal Slowdown"] }) },
    { of: "container", ...tool({ throttleReasons: [] }) },
  ],
  [
    "a power brake after a supply failed",
    "throttled-hardware",
    { of: "machine", ...tool({ throttleReasons: ["HW Power Brake Slowdown"] }) },
    { of: "machine", ...tool({ throttleReasons: [] }) },
  ],
  [
    "clocks stuck at 345 MHz under load",
    "clocks-low",
    tool({ utilizationPercent: 100, coreClock: { nowMHz: 345, maxMHz: 1980 } }),
    tool({ utilizationPercent: 100, coreClock: { nowMHz: 1980, maxMHz: 1980 } }),
  ],
  [
    "a riser of x4, by nvidia-smi alone",
    "link-slow",
    tool({ link: { ...x16, width: 4 } }),
    tool({ link: x16 }),
  ],
  [
    "a machine's card at x1, by nvidia-smi alone",
    "link-slow",
    { of: "machine", ...tool({ link: { ...x16, width: 1 } }) },
    { of: "machine", ...tool({ link: x16 }) },
  ],
  [
    "a card at x4, by lspci alone",
    "link-slow",
    gpuOnNode1("nvidia", { link: { ...x16, width: 4 } }),
    gpuOnNode1("nvidia", { link: x16 }),
  ],
  ["MIG left on", "mig-on", tool({ migEnabled: true }), tool({ migEnabled: false })],
  ["ECC on in one", "ecc-differs", tool({ eccEnabled: true }), tool({ eccEnabled: false })],
  [
    "persistence off: every start takes seconds",
    "persistence-off",
    tool({ persistence: false }),
    tool({ persistence: true }),
  ],
  [
    "a fabric manager that does not run",
    "partition-inactive",
    guest({ accelerators: [{ fabricState: "In Progress" }] }),
    guest({ accelerators: [{ fabricState: "Completed" }] }),
  ],
  [
    "a bridge of NVLink that lost contact",
    "nvlink-inactive",
    tool({ nvlinks: { active: 0, total: 4 } }),
    tool({ nvlinks: { active: 4, total: 4 } }),
  ],
  [
    "RTX 4090s with the driver for peers behind a translating IOMMU",
    "iommu-translating",
    two4090("DMA-FQ"),
    two4090("identity"),
  ],
  [
    "22 % of the memory on the other node, and no threads are known (TensorRT-LLM#18117)",
    "memory-off-node",
    { ...gpuOnNode1("nvidia"), ...memory({ 0: 3, 1: 10 }) },
    { ...gpuOnNode1("nvidia"), ...memory({ 1: 13 }) },
  ],
  [
    "vCPUs pinned to the node without the GPU, and no memory is known",
    "vcpus-off-node",
    { of: "vm", ...gpuOnNode1("vfio-pci"), ...threads(["0-15"], vcpu) },
    { of: "vm", ...gpuOnNode1("vfio-pci"), ...threads(["16-31"], vcpu) },
  ],
  [
    "ranks that nobody bound (srt-slurm#332)",
    "vcpus-float",
    { ...gpuOnNode1("nvidia"), ...threads(["0-63", "0-63"], { lastCpu: 3 }) },
    { ...gpuOnNode1("nvidia"), ...threads(["16-31", "16-31"], { lastCpu: 17 }) },
  ],
  [
    "interrupts on the other node (irqbalance#175)",
    "interrupts-far",
    gpuOnNode1("vfio-pci", { interrupts: [{ number: 90, effectiveCpus: "0" }] }),
    gpuOnNode1("vfio-pci", { interrupts: [{ number: 90, effectiveCpus: "16" }] }),
  ],
  ["an emulator on its vCPUs' cores", "helpers-on-worker-cores", pinnedVm("0-3"), pinnedVm("2-3")],
  [
    "base pages where the twin has pages of 1 GiB",
    "page-size-small",
    { of: "vm", ...memory({ 0: 13 }, { kind: "guest", pageBytes: 4096 }) },
    { of: "vm", ...memory({ 0: 13 }, { kind: "guest", pageBytes: GiB }) },
  ],
  [
    "a balloon that nobody deflated",
    "balloon-inflated",
    domain({ balloon: { actualBytes: 8 * GiB, maxBytes: 64 * GiB } }),
    domain({ balloon: { actualBytes: 64 * GiB, maxBytes: 64 * GiB } }),
  ],
  [
    "Proxmox' x86-64-v2-AES hides AVX",
    "cpu-model-masks",
    domain({ cpu: { vcpus: 16, model: "x86-64-v2-AES", features: [] } }),
    domain({ cpu: { vcpus: 16, model: "host", features: [] } }),
  ],
  [
    "a file of NCCL's from a guest with an emulated switch (nccl#749)",
    "nccl-file-slow",
    guest({ nccl: { file: "/t.xml", from: "env", slowestLink: { speedGTs: 2.5, width: 1 } } }),
    guest({ nccl: { file: "/t.xml", from: "env", slowestLink: { speedGTs: 32, width: 16 } } }),
  ],
  [
    "an unassigned BAR, by the guest alone",
    "mmio-window-small",
    guest({ devices: [{ ...gpu, bars: [{ bytes: 128 * GiB, assigned: false }] }] }),
    guest({ devices: [{ ...gpu, bars: [{ bytes: 128 * GiB, assigned: true }] }] }),
  ],
  [
    "ACS in the guest, by the guest alone",
    "guest-acs",
    guest({ devices: [gpu, nic], ports: [{ ...port, acsRedirect: true }] }),
    guest({ devices: [gpu, nic], ports: [{ ...port, acsRedirect: false }] }),
  ],
  [
    "numa_node -1 in a guest of two nodes, by the guest alone",
    "guest-device-node",
    guest({ nodes: [0, 1].map((id) => ({ id, cpus: `${id}` })), devices: [gpu] }),
    guest({ nodes: [0, 1].map((id) => ({ id, cpus: `${id}` })), devices: [{ ...gpu, node: 1 }] }),
  ],
  [
    "a port of 2.5 GT/s x1 above a GPU, by the guest alone",
    "port-link-untrue",
    guest({
      devices: [{ ...gpu, link: x16 }],
      ports: [{ ...port, link: { speedGTs: 2.5, width: 1, maxSpeedGTs: 2.5, maxWidth: 1 } }],
    }),
    guest({ devices: [{ ...gpu, link: x16 }], ports: [{ ...port, link: x16 }] }),
  ],
  [
    "bound to one of two half-populated nodes, and few threads were noted (FreeToken#18)",
    "bound-too-tight",
    {
      ...machine({ topology: epyc }),
      ...memory({ 0: 143 }),
      ...threads(["0-15,32-47", "0-15,32-47"]),
    },
    { ...machine({ topology: epyc }), ...memory({ 0: 72, 1: 71 }), ...threads(["0-63", "0-63"]) },
  ],
];

test.each(cases)("%s: %s", (_, cause, slow, fast) => {
  expect(found(slow, fast)).toEqual([`${cause} in a`]);
  expect(found(fast, slow)).toEqual([`${cause} in b`]);
  expect(found(fast, fast)).toEqual([]);
});

const innocent: readonly (readonly [what: string, a: Written, b: Written])[] = [
  [
    "an idle GPU: low clocks and a slow link by right",
    tool({
      performanceState: "P8",
      utilizationPercent: 0,
      coreClock: { nowMHz: 210, maxMHz: 1980 },
      link: { ...x16, speedGTs: 2.5 },
    }),
    tool({
      performanceState: "P0",
      utilizationPercent: 99,
      coreClock: { nowMHz: 1980, maxMHz: 1980 },
      link: x16,
    }),
  ],
  [
    "a GPU that works at its default power limit",
    tool({
      throttleReasons: ["SW Power Cap"],
      utilizationPercent: 99,
      power: { drawWatts: 699, limitWatts: 700, defaultWatts: 700 },
      coreClock: { nowMHz: 1755, maxMHz: 1980 },
    }),
    tool({
      throttleReasons: ["SW Power Cap"],
      utilizationPercent: 99,
      power: { drawWatts: 700, limitWatts: 700, defaultWatts: 700 },
      coreClock: { nowMHz: 1755, maxMHz: 1980 },
    }),
  ],
  [
    "a quota that was never used up",
    pod({
      quota: { quotaUs: 400_000, periodUs: 100_000 },
      throttled: { periods: 3076, throttledPeriods: 0, throttledUs: 0 },
    }),
    pod({}),
  ],
  [
    "a limit on memory that only ever freed page cache",
    pod({
      memoryMaxBytes: 64 * GiB,
      memoryBytes: 64 * GiB,
      memoryCacheBytes: 60 * GiB,
      memoryReclaims: 5000,
    }),
    pod({}),
  ],
  [
    "shared libraries' page cache on the other node",
    { ...gpuOnNode1("nvidia"), ...memory({ 0: 3, 1: 10 }, { kind: "file" }) },
    { ...gpuOnNode1("nvidia"), ...memory({ 1: 13 }, { kind: "file" }) },
  ],
  [
    "a program without an accelerator, on both nodes with memory and threads",
    { ...machine({ topology: epyc }), ...memory({ 0: 72, 1: 71 }), ...threads(["0-63"]) },
    { ...machine({ topology: epyc }), ...memory({ 0: 140, 1: 3 }), ...threads(["0-63"]) },
  ],
  [
    "a GPU and a NIC given to a VM on two nodes, and nobody told which is which",
    {
      of: "vm",
      ...memory({ 0: 3, 1: 10 }, { kind: "guest" }),
      ...gpuOnNode1("vfio-pci"),
      devices: [0, 1].map((node) => {
        return { address: `0000:${node}1:00.0`, where: "lspci", present: true, node };
      }),
    },
    { of: "vm", ...gpuOnNode1("vfio-pci"), ...memory({ 1: 13 }, { kind: "guest" }) },
  ],
  ["records with nothing in them", {}, {}],
];

test.each(innocent)("innocent: %s", (_, a, b) => {
  expect(found(a, b)).toEqual([]);
});
