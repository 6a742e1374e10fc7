import { expect, test } from "vitest";
import { diagnose } from "@evenkeel/core/explain/diagnose.ts";
import { explain } from "@evenkeel/core/explain/explain.ts";
import { subjectOf } from "@evenkeel/core/explain/subject/subject.ts";
import { syntheticTopology } from "@evenkeel/core/topology/synthetic/build.ts";
import { at } from "@evenkeel/core/unit/list.ts";
import {
  cpus,
  domain,
  found,
  guest,
  machine,
  memory,
  recordOf,
  settings,
  threads,
  tool,
  type Written,
} from "./sparse-record.ts";

/**
 * Further kinds of slow machines that people report in public, most of which no placement mends, in
 * the same form: records with what the report tells and nothing else. The true cause is found and
 * nothing is accused beside it; where no record can show the cause, nobody is accused at all.
 */
const link = { speedGTs: 32, width: 16, maxSpeedGTs: 32, maxWidth: 16 };
const gpuAt = "0000:01:00.0";
const device = (driver: string, more: Written, address = gpuAt): Written => ({
  devices: [{ address, where: "lspci", present: true, driver, ...more }],
});
const gbit = 1e9 / 8;
const ports = (...written: readonly Written[]): Written =>
  machine({ networkPorts: written.map((one) => ({ address: "0000:81:00.0", ...one })) });
const ib = (name: string, rate: number, isUp = true): Written => {
  return { name, isUp, bytesPerSecond: rate * gbit };
};
const thread = (tid: number, role: Written, allowedCpus: string, more: Written = {}): Written => {
  return { tid, where: `/proc/101/task/${tid}`, role, allowedCpus, ...more };
};
const inTurn = (allowed: readonly string[], more: Written = {}): Written => ({
  of: "vm",
  threads: allowed.map((own, id) => thread(102 + id, { kind: "vcpu", id }, own, more)),
});
const withIoThread = (own: string): Written => ({
  of: "vm",
  cores: ["0", "1", "2"],
  threads: [
    thread(102, { kind: "vcpu", id: 0 }, "0"),
    thread(103, { kind: "vcpu", id: 1 }, "1"),
    thread(104, { kind: "iothread", id: 1 }, own),
  ],
});
const sharesCpu1 = { ranNs: 60e9, waitedNs: 60e9 };
const vcpuNamed = (name: string): Written => inTurn(["0"], { name });
/** Two sockets of 16 cores: the second thread of a core has its first one's number plus 32. */
const cores32 = Array.from({ length: 32 }, (_, core) => `${core},${core + 32}`);
const v100s = (last: Written): Written =>
  tool(
    ...[0, 1, 2, 3].map((i) => ({
      productName: "Tesla V100-SXM2-32GB",
      nvlinks: { active: 6, total: 6 },
      ...(i === 3 ? last : {}),
    })),
  );
const vgpu = (licensed: boolean): Written =>
  guest({ accelerators: [{ productName: "NVIDIA H100-80C", licensed }] });
const podOfVm = (limits: Written): Written => ({
  ...inTurn(["2", "3"]),
  cgroups: [{ path: "/kubepods/pod1", where: "/sys/fs/cgroup/kubepods/pod1", limits }],
});
const clock = (clocksource: string): Written => settings({ clocksource });
const held = (busyKHz: number): Written =>
  machine({
    settings: { busyKHz },
    cpus: [{ cpus: "0-15", minKHz: 400_000, maxKHz: 5_000_000, hardwareMaxKHz: 5_000_000 }],
  });

type Case = readonly [what: string, cause: string, slow: Written, fast: Written];

const cases: readonly Case[] = [
  [
    // https://github.com/ubicloud/ubicloud/pull/4419
    "a host whose kernel gave up the TSC for the HPET",
    "clocksource-slow",
    clock("hpet"),
    clock("tsc"),
  ],
  [
    // https://github.com/QubesOS/qubes-core-agent-linux/pull/376, heapanalytics.com (EC2)
    "Xen's clock, which every question for the time has to ask the kernel for",
    "clocksource-slow",
    clock("xen"),
    clock("tsc"),
  ],
  [
    // https://github.com/oomol-lab/ovm/pull/21
    "a guest whose kernel does not trust the TSC after its host slept",
    "guest-clocksource-slow",
    guest({ clocksource: "hpet" }),
    guest({ clocksource: "tsc" }),
  ],
  [
    // https://github.com/projectacrn/acrn-hypervisor/pull/517
    "clocksource=hpet on the kernel's command line, told once",
    "clocksource-slow",
    settings({ bootOptions: ["clocksource=hpet"], clocksource: "hpet" }),
    settings({ bootOptions: [], clocksource: "tsc" }),
  ],
  [
    // https://github.com/omacom/omarchy/issues/6063: 400 MHz of 5 GHz under load since boot, by the
    // board's PROCHOT; https://github.com/intel/thermal_daemon/issues/449
    "a processor that the board keeps at 400 MHz",
    "cpu-clock-low",
    held(400_000),
    held(4_800_000),
  ],
  [
    // https://github.com/intel/thermal_daemon/issues/128: frequency within 1.60 and 1.60 GHz
    "thermald's limit of 1.6 of 3.9 GHz",
    "frequency-capped",
    cpus({ governor: "performance", minKHz: 1_600_000, maxKHz: 1_600_000, hardwareMaxKHz: 3.9e6 }),
    cpus({ governor: "performance", minKHz: 1_600_000, maxKHz: 3.9e6, hardwareMaxKHz: 3.9e6 }),
  ],
  [
    // https://github.com/bambulab/BambuStudio/issues/8605: mended by split_lock_mitigate=0
    "a Windows guest that the kernel puts to sleep for its split locks",
    "split-lock-slowed",
    settings({ splitLockSlowed: true }),
    settings({ splitLockSlowed: false }),
  ],
  [
    // https://github.com/lf-edge/eve/pull/3611: the host that lacks the option is the slow one
    "split_lock_detect=off, which is on the fast host",
    "boot-options-differ",
    settings({ bootOptions: [] }),
    settings({ bootOptions: ["split_lock_detect=off"] }),
  ],
  [
    // https://github.com/ROCm/rccl/issues/1129
    "two MI100 without iommu=pt",
    "boot-options-differ",
    settings({ bootOptions: [] }),
    settings({ bootOptions: ["iommu=pt"] }),
  ],
  [
    // https://github.com/noonghunna/club-3090/pull/919: 7 of 8 modules of 32 GB; the firmware's
    // speed did not change, the bandwidth fell from 100 to 69.8 GB/s
    "a module of memory that is missing",
    "host-memory-less",
    machine({ nodes: [{ id: 0, memoryBytes: 7 * 32 * 2 ** 30 }] }),
    machine({ nodes: [{ id: 0, memoryBytes: 8 * 32 * 2 ** 30 }] }),
  ],
  [
    // https://github.com/autotest/autotest/issues/417: two guests under full load on CPU 1
    "two guests on one CPU, each of which half of the time is stolen from",
    "cpu-waiting",
    inTurn(["1"], sharesCpu1),
    inTurn(["1"], { ranNs: 60e9, waitedNs: 0 }),
  ],
  [
    // The same in the guest: about half of the time is steal in top.
    "the same seen inside: half of the time that a guest has work is stolen",
    "cpu-stolen",
    { of: "machine", ...settings({ stolenShare: 0.5 }) },
    { of: "machine", ...settings({ stolenShare: 0 }) },
  ],
  [
    // https://github.com/Lightning-AI/pytorch-lightning/issues/18650: one CPU a task by default
    "a task of Slurm with one CPU for all threads of its data loader",
    "threads-crowded",
    threads(["0", "0", "0", "0"]),
    threads(["0-7", "0-7", "0-7", "0-7"]),
  ],
  [
    // https://github.com/covidestim/covidestim/issues/3: 33 % of 3 CPUs, by mpirun's binding
    "three chains that mpirun binds to one core",
    "threads-crowded",
    threads(["2", "2", "2"]),
    threads(["0-2", "0-2", "0-2"]),
  ],
  [
    // https://github.com/xapi-project/xen-api/pull/6763: 32 vCPUs in a node of 16 cores lose 40 to
    // 75 %, against 20 % by distance: the placement that is best by distance is the slow one
    "a VM kept to the threads of one node's cores, whose twin has a core for each vCPU",
    "threads-crowded",
    { cores: cores32, ...inTurn(Array.from({ length: 32 }, () => "0-15,32-47")) },
    { cores: cores32, ...inTurn(Array.from({ length: 32 }, () => "0-31")) },
  ],
  [
    // https://github.com/kubevirt/kubevirt/pull/3103
    "an iothread on its vCPUs' CPUs (KubeVirt before isolateEmulatorThread moved it)",
    "helpers-on-worker-cores",
    withIoThread("0-1"),
    withIoThread("2"),
  ],
  [
    // https://github.com/kubevirt/kubevirt/issues/12970: throttled although its CPUs are its own
    "a pod of KubeVirt with a quota of its VM's vCPUs, and nobody read cpu.stat",
    "cpu-quota",
    podOfVm({ quota: { quotaUs: 200_000, periodUs: 100_000 } }),
    podOfVm({}),
  ],
  [
    // Documentation of xenpaging: memory=4096, actmem=1024; vSwapper's paper has what it costs
    "a guest of 4 GiB of which the host has swapped out three quarters",
    "memory-swapped",
    {
      of: "vm",
      process: { pid: 4711, where: "/proc/4711", swappedBytes: 3 * 2 ** 30 },
      ...memory({ 0: 1 }, { kind: "guest", bytes: 4 * 2 ** 30 }),
    },
    {
      of: "vm",
      process: { pid: 4711, where: "/proc/4711", swappedBytes: 0 },
      ...memory({ 0: 4 }, { kind: "guest" }),
    },
  ],
  [
    // https://github.com/autotest/tp-qemu/pull/1126: 30 % of 16 CPUs
    "KSM that takes CPU time from guests under network load",
    "ksm-on",
    { of: "vm", kernel: { ksmRun: 1 } },
    { of: "vm", kernel: { ksmRun: 0 } },
  ],
  [
    // https://github.com/canonical/tdx/pull/197 (7 in place of 2 minutes), linuxkit#1296
    "QEMU that fell back to TCG without a word",
    "cpu-emulated",
    vcpuNamed("CPU 0/TCG"),
    vcpuNamed("CPU 0/KVM"),
  ],
  [
    // https://github.com/vllm-project/vllm/issues/55428: copies at 4.9 GB/s in a TDX guest
    "a confidential VM, whose copies go through bounce buffers",
    "guest-confidential",
    domain({ confidential: "tdx" }),
    domain({ confidential: "none" }),
  ],
  [
    // https://docs.nvidia.com/ai-enterprise/release-8/latest/infra-software/vgpu/licensing.html
    "a vGPU that is slowed down after 20 minutes without a licence",
    "vgpu-unlicensed",
    vgpu(false),
    vgpu(true),
  ],
  [
    // https://github.com/ollama/ollama/issues/16415
    "a driver that is too old for the program's CUDA",
    "driver-differs",
    tool(...[0, 1, 2, 3, 4].map(() => ({ driverVersion: "535" }))),
    tool(...[0, 1, 2, 3, 4].map(() => ({ driverVersion: "570" }))),
  ],
  [
    // What vendors say of Resizable BAR: 256 MiB without, all of the memory with it.
    "a card whose window to its memory is 256 MiB, by nvidia-smi alone",
    "bar-small",
    tool({ productName: "NVIDIA GeForce RTX 3090", bar1Bytes: 2 ** 28 }),
    tool({ productName: "NVIDIA GeForce RTX 3090", bar1Bytes: 2 ** 35 }),
  ],
  [
    "a card of the same name with another memory and another form, by nvidia-smi alone",
    "request-differs",
    tool({ productName: "NVIDIA A100-PCIE-40GB" }),
    tool({ productName: "NVIDIA A100-SXM4-80GB" }),
  ],
  [
    // https://github.com/leptonai/gpud/pull/80
    "rows of a GPU's memory that wait for a reset",
    "memory-retired",
    tool({ retired: { count: 4, pending: true } }),
    tool({ retired: { count: 0, pending: false } }),
  ],
  [
    // https://github.com/Azure/azhpc-diagnostics/issues/73
    "two of six NVLinks inactive on one of four V100",
    "nvlink-inactive",
    v100s({ nvlinks: { active: 4, total: 6 } }),
    v100s({}),
  ],
  [
    // https://github.com/local-inference-lab/rtx6kpro/pull/88: Gen2 x16 for three and a half hours
    // of work at 100 %, after a setting kept the speed from rising again
    "a link that stays at 5 GT/s while its GPU is busy",
    "link-slow",
    tool({ address: "0000:e3:00.0", utilizationPercent: 100, link: { ...link, speedGTs: 5 } }),
    tool({ address: "0000:e3:00.0", utilizationPercent: 100, link }),
  ],
  [
    // https://github.com/corundum/corundum/issues/162
    "a NIC, and nothing else, on 8 of its 16 lanes",
    "link-slow",
    device("mlx5_core", { link: { ...link, width: 8 } }),
    device("mlx5_core", { link }),
  ],
  [
    // https://github.com/ROCm/legacy-rocm-build/issues/559 (riser; what it counted is not told),
    // https://github.com/robertrosenbusch/gfx803_rocm/issues/38
    "a riser whose link sends again and again",
    "link-errors",
    device("amdgpu", { correctedErrors: 100_000 }),
    device("amdgpu", { correctedErrors: 0 }),
  ],
  [
    // https://github.com/corundum/corundum/issues/47: line rate at MaxReadReq of 4096 bytes
    "a NIC that may ask for 512 bytes at once",
    "read-requests-small",
    device("mlx5_core", { maxReadBytes: 512 }),
    device("mlx5_core", { maxReadBytes: 4096 }),
  ],
  [
    // https://github.com/NVIDIA/nccl/issues/307: cables that negotiate 100 Gbit/s
    "cables for 100 Gbit/s on cards for 200",
    "network-slow",
    ports(ib("mlx5_0", 100)),
    ports(ib("mlx5_0", 200)),
  ],
  [
    // https://github.com/robotology/mesh-support/issues/776
    "a network card that negotiated 10 Mbit/s of 1 Gbit/s",
    "network-slow",
    ports(ib("enp0s31f6", 0.01)),
    ports(ib("enp0s31f6", 1)),
  ],
  [
    // https://github.com/areal-project/AReaL/issues/639: 5 in place of 25 GB/s
    "NCCL over sockets where the other has RDMA",
    "nccl-over-sockets",
    guest({ ncclNetwork: "Socket" }),
    guest({ ncclNetwork: "IB" }),
  ],
];

test.each(cases)("%s: %s", (_, cause, slow, fast) => {
  const all = new Set(found(slow, fast));
  expect([...all]).toEqual([`${cause} in a`]);
  expect([...new Set(found(fast, slow))]).toEqual([`${cause} in b`]);
  expect(found(fast, fast)).toEqual([]);
});

/** A GPU on the root complex of each of two sockets, and two below one switch of the second. */
const board = syntheticTopology(
  "package:2 core:16 thread:2 memory:256Gi root[gpu(id:10de:2684 class:030000)] " +
    "root[switch[gpu(id:10de:2684 class:030000)*2]]",
  "host",
);
const rtx = board.accelerators.map(({ address }) => address);
const onBoard = (...which: readonly number[]): Written => ({
  ...machine({
    topology: board,
    accelerators: rtx.map((address, index) => {
      return { address, index, productName: "NVIDIA GeForce RTX 4090" };
    }),
  }),
  devices: which.map((i) => {
    return { address: at(rtx, i), where: "lspci", present: true, driver: "nvidia" };
  }),
});
const down = ib("mlx5_1", 10, false);

const innocent: readonly (readonly [what: string, a: Written, b: Written])[] = [
  [
    // https://github.com/NVIDIA/open-gpu-kernel-modules/issues/1010: back at 32 GT/s under load
    "a link of 2.5 GT/s of which nobody tells whether it works",
    device("nvidia", { link: { ...link, speedGTs: 2.5 } }),
    device("nvidia", { link }),
  ],
  [
    // https://github.com/NVIDIA/nccl/issues/1309: the pair below one switch is the slow one, as
    // such cards copy through the host's memory and share the way there
    "RTX 4090s on two sockets, which are faster than two below one switch",
    onBoard(1, 2),
    onBoard(0, 2),
  ],
  [
    // https://github.com/Azure/azurehpc-health-checks/issues/162
    "12 of 18 NVLinks of an H100 NVL, by design",
    tool(...[0, 1].map(() => ({ productName: "H100 NVL", nvlinks: { active: 12, total: 18 } }))),
    tool(...[0, 1].map(() => ({ productName: "H100 NVL", nvlinks: { active: 12, total: 18 } }))),
  ],
  [
    // https://github.com/NVIDIA/nccl/issues/489: port 2 is disabled and says 10 Gb/sec
    "a port without a link, whose rate says nothing",
    ports(ib("mlx5_0", 200), down),
    ports(ib("mlx5_0", 200), ib("mlx5_1", 200)),
  ],
  [
    // https://github.com/NVIDIA/nccl/issues/325: a collision of routes in the fabric, 25 in place
    // of 39 GB/s, and all nodes alike
    "two nodes whose way through the fabric is another",
    ports(ib("mlx5_0", 200)),
    ports(ib("mlx5_0", 200)),
  ],
  [
    // https://github.com/NVIDIA/DALI/issues/1415, horovod#824: data from slow storage
    "data that comes from NFS: idle GPUs at low clocks",
    tool({ performanceState: "P8", utilizationPercent: 0, coreClock: { nowMHz: 135 } }),
    tool({ performanceState: "P0", utilizationPercent: 98, coreClock: { nowMHz: 1530 } }),
  ],
  [
    // https://github.com/pytorch/torchtitan/pull/4031: each process sizes its pool for all cores
    "a process with as many threads as the host has cores, by its own choice",
    { process: { pid: 4711, where: "/proc/4711", threadCount: 368 } },
    { process: { pid: 4711, where: "/proc/4711", threadCount: 46 } },
  ],
  [
    // https://github.com/QubesOS/qubes-issues/issues/1520
    "57 MB of idle services in swap space",
    {
      process: { pid: 4711, where: "/proc/4711", swappedBytes: 57 * 2 ** 20 },
      ...memory({ 0: 0.25 }),
    },
    { process: { pid: 4711, where: "/proc/4711", swappedBytes: 0 }, ...memory({ 0: 0.25 }) },
  ],
  [
    // https://github.com/VirtualBox/virtualbox/issues/2: off did not help
    "split locks that are slowed down on both hosts",
    settings({ splitLockSlowed: true }),
    settings({ splitLockSlowed: true }),
  ],
  [
    "rows of memory that were replaced long ago",
    tool({ retired: { count: 4, pending: false } }),
    tool({ retired: { count: 0, pending: false } }),
  ],
  [
    // https://docs.nvidia.com/vgpu/16.0/grid-licensing-user-guide/: no part of a GPU, no licence
    "a whole GPU that is passed through without a licence",
    guest({ accelerators: [{ productName: "NVIDIA H100 80GB HBM3", licensed: null }] }),
    guest({ accelerators: [{ productName: "NVIDIA H100 80GB HBM3", licensed: null }] }),
  ],
  [
    "an idle CPU at its lowest clock by powersave of intel_pstate told to perform",
    machine({
      settings: { busyKHz: 3_600_000 },
      cpus: [
        {
          cpus: "0-15",
          driver: "intel_pstate",
          governor: "powersave",
          energyPreference: "performance",
          minKHz: 800_000,
          maxKHz: 3_800_000,
          hardwareMaxKHz: 3_800_000,
        },
      ],
    }),
    {},
  ],
  ["NCCL over sockets between machines without RDMA", noRdma("Socket"), noRdma("Socket")],
  ["KVM's own clock in a guest", guest({ clocksource: "kvm-clock" }), guest({})],
  ["a link with the errors of its training", device("nvidia", { correctedErrors: 12 }), {}],
];

function noRdma(ncclNetwork: string): Written {
  return guest({ ncclNetwork, devices: [{ address: gpuAt, vendor: "10de", device: "2330" }] });
}

test.each(innocent)("innocent: %s", (_, a, b) => {
  expect(found(a, b)).toEqual([]);
  expect(found(b, a)).toEqual([]);
});

test("a guest with a NIC for RDMA that NCCL does not use has it wrong without a twin too", () => {
  const devices = [{ address: "0000:03:00.0", vendor: "15b3", device: "1021" }];
  const record = recordOf("vm", guest({ ncclNetwork: "Socket", devices }));
  const codes = diagnose(subjectOf(record), null).found.map(({ cause }) => cause.code);
  expect(codes).toEqual(["nccl-over-sockets"]);
});

test("what is alike in both explains nothing, and what was looked at is told", () => {
  const slow = settings({ clocksource: "tsc", stolenShare: 0, splitLockSlowed: false });
  const { twins, differences, checked } = explain(recordOf("a", slow), recordOf("b", slow));
  expect([twins, differences]).toEqual([true, []]);
  expect(checked.map(({ code }) => code)).toEqual(
    expect.arrayContaining(["clocksource-slow", "cpu-stolen", "split-lock-slowed"]),
  );
});
