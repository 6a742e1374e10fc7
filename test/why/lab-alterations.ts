import { MiB } from "@evenkeel/core/unit/bytes.ts";
import {
  type Given,
  withAll,
  withBalloon,
  withBusyNeighbours,
  withBasePages,
  withClasses,
  withClocks,
  withFullNode,
  withGuest,
  withIothread,
  withLargeMemory,
  withLimits,
  withLongRun,
  withMergedPages,
  withPowerCap,
  withPowersave,
  withoutPolicy,
  withPreference,
  withSettings,
  withTwoCaches,
} from "./lab-given.ts";
import {
  withAmdPorts,
  withBoards,
  withOtherNics,
  withRedirects,
  withSwitches,
} from "./lab-boards.ts";

/** One fact of the second record of a pair, altered, and the cause that must then be found there. */
export interface RecordAlteration {
  readonly code: string;
  /** What was altered, in a few words. */
  readonly what: string;
  /** The name of the recorded pair. */
  readonly of: string;
  /** What both records are given first. */
  readonly given?: Given;
  /** The fact, by its path in the record, and what it is altered to. */
  readonly path: string;
  readonly value: unknown;
  /**
   * The same fact of the first record, by its path, where it has another path or value there:
   * altered too, it sets nothing apart. Null where the first record has no such fact.
   */
  readonly twin?: Readonly<Record<string, unknown>> | null;
  /** What is told of the second record without the alteration; nothing if not given. */
  readonly otherwise?: string;
}

const byQemu = "two in order by QEMU";
const byVirsh = "two in order by virsh, without accelerators";
const bound = "memory bound to the other node";

/** Half of 64 MiB on each node. */
const divided = [0, 1].map((node) => ({ node, bytes: 32 * MiB }));

const memory: readonly RecordAlteration[] = [
  {
    code: "memory-off-node",
    what: "half of the pages lie on the other node, against the policy",
    of: byQemu,
    path: "memory.0.onNodes",
    value: divided,
  },
  {
    code: "node-full",
    what: "half of the pages lie on the other node, of memory that prefers its full one",
    of: byQemu,
    given: withAll(withBasePages, withPreference, withFullNode),
    path: "memory.0.onNodes",
    value: divided,
  },
  {
    code: "hugepages-short",
    what: "half of the huge pages lie on the other node, as its own has none left",
    of: byQemu,
    given: withAll(withPreference, withFullNode),
    path: "memory.0.onNodes",
    value: divided,
  },
  {
    code: "memory-unbound",
    what: "memory on the other node has no policy",
    of: bound,
    path: "memory.0.policy",
    value: { mode: "default", nodes: "" },
    twin: null,
    otherwise: "memory-bound-elsewhere",
  },
  {
    code: "memory-interleaved",
    what: "memory on the other node is interleaved",
    of: bound,
    path: "memory.0.policy",
    value: { mode: "interleave", nodes: "0-1" },
    twin: null,
    otherwise: "memory-bound-elsewhere",
  },
  {
    code: "memory-bound-elsewhere",
    what: "the cpuset allows memory without a policy on the other node only",
    of: bound,
    given: withoutPolicy,
    path: "threads.0.allowedNodes",
    value: "1",
    twin: null,
    otherwise: "memory-unbound",
  },
  {
    code: "page-size-small",
    what: "the memory is in base pages",
    of: byQemu,
    path: "memory.0.pageBytes",
    value: 4096,
  },
  {
    code: "thp-split",
    what: "none of its memory is in transparent huge pages",
    of: byQemu,
    given: withLargeMemory,
    path: "process.hugeMemory.anonymousHugeBytes",
    value: 0,
  },
  {
    code: "thp-off",
    what: "transparent huge pages are off",
    of: byQemu,
    given: withLargeMemory,
    path: "kernel.transparentHugepages",
    value: "never",
  },
  {
    code: "balloon-inflated",
    what: "a balloon holds half of the memory",
    of: byQemu,
    given: withBalloon,
    path: "shapes.1.balloon.actualBytes",
    value: 32 * MiB,
  },
];

const processors: readonly RecordAlteration[] = [
  {
    code: "vcpus-float",
    what: "a vCPU may run on both nodes",
    of: byQemu,
    path: "threads.3.allowedCpus",
    value: "0-11",
  },
  {
    code: "vcpus-off-node",
    what: "a vCPU may run on the other node only",
    of: byQemu,
    path: "threads.3.allowedCpus",
    value: "9",
  },
  {
    code: "helpers-on-worker-cores",
    what: "the emulator is on a vCPU's CPU",
    of: byQemu,
    path: "threads.0.allowedCpus",
    value: "3",
    twin: { "threads.0.allowedCpus": "1" },
  },
  {
    code: "io-threads-far",
    what: "the iothread may run on the other node only",
    of: byQemu,
    given: withIothread,
    path: "threads.2.allowedCpus",
    value: "6",
  },
  {
    code: "cpu-waiting",
    what: "a vCPU waited for half a minute",
    of: byQemu,
    given: withLongRun,
    path: "threads.4.waitedNs",
    value: 30e9,
  },
  {
    code: "core-class-slow",
    what: "the core of a vCPU is of a slower class",
    of: byQemu,
    given: withClasses,
    path: "machine.topology.cores.3.class",
    value: 1,
    twin: { "machine.topology.cores.1.class": 1 },
  },
  {
    code: "smt-sibling-shared",
    what: "a neighbour is pinned to a vCPU's CPU",
    of: byQemu,
    path: "machine.neighbours.0.vcpus.0.cpus",
    value: "4",
    twin: { "machine.neighbours.0.vcpus.0.cpus": "2" },
  },
  {
    code: "smt-sibling-shared",
    what: "a neighbour is pinned to the second thread of a vCPU's core",
    of: "a neighbour on the other node",
    path: "machine.neighbours.1.vcpus.0.cpus",
    value: "5",
    twin: { "machine.neighbours.1.vcpus.0.cpus": "3" },
  },
  {
    code: "l3-shared",
    what: "a busy neighbour is pinned below a cache of its vCPUs",
    of: byQemu,
    given: withAll(withTwoCaches, withBusyNeighbours),
    path: "machine.neighbours.0.vcpus.0.cpus",
    value: "5",
    twin: { "machine.neighbours.0.vcpus.0.cpus": "0" },
  },
  {
    code: "neighbour-load",
    what: "a neighbour keeps half of the node's CPUs busy",
    of: byQemu,
    path: "machine.neighbours.0.busyCpus",
    value: 3,
  },
  {
    code: "interrupts-far",
    what: "the interrupts of its accelerator go to the other node",
    of: byQemu,
    path: "devices.0.interrupts.0",
    value: { number: 10, allowedCpus: "6-11", effectiveCpus: "7" },
  },
  {
    code: "cpu-quota",
    what: "a quota stopped a vCPU in a third of all periods",
    of: byVirsh,
    given: withLimits,
    path: "cgroups.1.limits.throttled",
    value: { periods: 9000, throttledPeriods: 3000, throttledUs: 900_000_000 },
  },
  {
    code: "cpu-weight-low",
    what: "the cgroup of a vCPU has a low weight",
    of: byVirsh,
    path: "cgroups.1.limits.cpuWeight",
    value: 1,
  },
  {
    code: "memory-limited",
    what: "a limit made it give pages back",
    of: byVirsh,
    given: withLimits,
    path: "cgroups.1.limits.memoryReclaims",
    value: 4000,
  },
];

const settings: readonly RecordAlteration[] = [
  {
    code: "autonuma-on",
    what: "NUMA balancing is on, over memory without a policy",
    of: byQemu,
    given: withAll(withoutPolicy, withBasePages),
    path: "kernel.numaBalancing",
    value: 1,
  },
  {
    code: "ksm-on",
    what: "the kernel goes on merging pages",
    of: byQemu,
    given: withMergedPages,
    path: "kernel.ksmRun",
    value: 1,
  },
  {
    code: "numad-running",
    what: "numad runs",
    of: byQemu,
    path: "machine.settings.numad",
    value: true,
  },
  {
    code: "zone-reclaim-on",
    what: "zone_reclaim_mode is 1",
    of: byQemu,
    path: "machine.settings.zoneReclaim",
    value: 1,
  },
  {
    code: "nx-huge-pages",
    what: "KVM splits huge pages",
    of: byQemu,
    given: withSettings({ nxHugePages: false }),
    path: "machine.settings.nxHugePages",
    value: true,
  },
  {
    code: "turbo-off",
    what: "turbo is off",
    of: byQemu,
    given: withSettings({ turbo: true }),
    path: "machine.settings.turbo",
    value: false,
  },
  {
    code: "smt-differs",
    what: "SMT is off",
    of: byQemu,
    given: withSettings({ smt: "on" }),
    path: "machine.settings.smt",
    value: "off",
  },
  {
    code: "kernel-differs",
    what: "an older kernel",
    of: byQemu,
    path: "machine.settings.kernelRelease",
    value: "5.10.0-28-amd64",
  },
  {
    code: "microcode-differs",
    what: "newer microcode",
    of: byQemu,
    path: "machine.settings.microcode",
    value: "0x2",
  },
  {
    code: "boot-options-differ",
    what: "an option more at boot",
    of: byQemu,
    path: "machine.settings.bootOptions",
    value: [
      "mitigations=off",
      "intel_iommu=on",
      "hugepagesz=2M",
      "hugepages=0:160,1:160",
      "pci=noats",
    ],
  },
  {
    code: "mitigations-differ",
    what: "a mitigation more",
    of: byQemu,
    path: "machine.settings.vulnerabilities.5.state",
    value: "Mitigation: PTI",
  },
  {
    code: "processor-differs",
    what: "another processor",
    of: byQemu,
    path: "machine.topology.machine.cpuModel",
    value: "Intel(R) Xeon(R) Platinum 8358",
  },
  {
    code: "firmware-differs",
    what: "both nodes are one socket's",
    of: byQemu,
    path: "machine.topology.nodes.1.package",
    value: 0,
  },
  {
    code: "frequency-capped",
    what: "half of the clock is allowed",
    of: byQemu,
    given: withClocks,
    path: "machine.cpus.0.maxKHz",
    value: 1_900_000,
  },
  {
    code: "governor-saving",
    what: "the processor is told to save power",
    of: byQemu,
    given: withPowersave,
    path: "machine.cpus.0.energyPreference",
    value: "balance_power",
  },
  {
    code: "deep-idle-states",
    what: "C6 is enabled",
    of: byQemu,
    given: withClocks,
    path: "machine.cpus.0.idleStates.1.disabled",
    value: false,
  },
];

const accelerators: readonly RecordAlteration[] = [
  {
    code: "request-differs",
    what: "its accelerator is of another model",
    of: byQemu,
    path: "machine.topology.accelerators.1.model",
    value: "NVIDIA A10",
    twin: { "machine.topology.accelerators.0.model": "NVIDIA A10" },
  },
  {
    code: "link-slow",
    what: "8 of 16 lanes",
    of: byQemu,
    given: withBoards,
    path: "devices.0.link.width",
    value: 8,
  },
  {
    code: "bar-small",
    what: "its window could be larger",
    of: byQemu,
    given: withBoards,
    path: "devices.0.barMaxBytes",
    value: [1024 * MiB],
  },
  {
    code: "power-capped",
    what: "the power limit, which holds the clocks, is lower than it was made for",
    of: byQemu,
    given: withPowerCap,
    path: "guest.accelerators.0.power.limitWatts",
    value: 400,
  },
  {
    code: "throttled-thermal",
    what: "too hot",
    of: byQemu,
    given: withGuest,
    path: "guest.accelerators.0.throttleReasons",
    value: ["HW Thermal Slowdown"],
  },
  {
    code: "throttled-hardware",
    what: "the board brakes it",
    of: byQemu,
    given: withGuest,
    path: "guest.accelerators.0.throttleReasons",
    value: ["HW Power Brake Slowdown"],
  },
  {
    code: "ecc-differs",
    what: "its memory corrects errors",
    of: byQemu,
    given: withGuest,
    path: "guest.accelerators.0.eccEnabled",
    value: true,
  },
  {
    code: "clocks-low",
    what: "the cores run at 345 MHz",
    of: byQemu,
    given: withGuest,
    path: "guest.accelerators.0.coreClock.nowMHz",
    value: 345,
  },
  {
    code: "mig-on",
    what: "divided",
    of: byQemu,
    given: withGuest,
    path: "guest.accelerators.0.migEnabled",
    value: true,
  },
  {
    code: "memory-retired",
    what: "rows wait to be replaced",
    of: byQemu,
    given: withGuest,
    path: "guest.accelerators.0.retired.pending",
    value: true,
  },
  {
    code: "persistence-off",
    what: "persistence is off",
    of: byQemu,
    given: withGuest,
    path: "guest.accelerators.0.persistence",
    value: false,
  },
  {
    code: "nvlink-inactive",
    what: "two NVLinks are down",
    of: byQemu,
    given: withGuest,
    path: "guest.accelerators.0.nvlinks.active",
    value: 16,
  },
  {
    code: "nvlink-missing",
    what: "no NVLink",
    of: byQemu,
    given: withGuest,
    path: "guest.accelerators.0.nvlinks",
    value: { active: 0, total: 0 },
  },
  {
    code: "partition-inactive",
    what: "not registered with the fabric",
    of: byQemu,
    given: withGuest,
    path: "guest.accelerators.0.fabricState",
    value: "In Progress",
  },
  {
    code: "peer-copies-off",
    what: "no copies to another",
    of: byQemu,
    given: withGuest,
    path: "guest.accelerators.0.peers.0.status",
    value: "CNS",
  },
];

const fabric: readonly RecordAlteration[] = [
  {
    code: "acs-redirect",
    what: "the port above its accelerator redirects",
    of: byQemu,
    given: withAll(withSwitches, withOtherNics),
    path: "machine.topology.pci.18.acsRedirect",
    value: true,
    twin: { "machine.topology.pci.13.acsRedirect": true },
  },
  {
    code: "ats-off",
    what: "ports redirect, and the NIC asks for no translations",
    of: byQemu,
    given: withAll(withSwitches, withRedirects),
    path: "machine.topology.pci.21.atsEnabled",
    value: false,
    twin: { "machine.topology.pci.16.atsEnabled": false },
  },
  {
    code: "relaxed-ordering-off",
    what: "the NIC keeps its writes in order",
    of: byQemu,
    given: withSwitches,
    path: "devices.1.relaxedOrdering",
    value: false,
  },
  {
    code: "host-device-near",
    what: "the host's default route goes by the NIC beside its accelerator",
    of: byQemu,
    given: withSwitches,
    path: "machine.topology.pci.21.hostUse",
    value: "default-route",
    twin: { "machine.topology.pci.16.hostUse": "default-route" },
  },
  {
    code: "chipset-lanes",
    what: "the port above its accelerator is the chipset's",
    of: byQemu,
    given: withAll(withBoards, withAmdPorts),
    path: "machine.topology.pci.11.device",
    value: "43f4",
    twin: { "machine.topology.pci.10.device": "43f4" },
  },
];

const guest: readonly RecordAlteration[] = [
  {
    code: "cpu-model-masks",
    what: "the guest's processor is Nehalem",
    of: byQemu,
    path: "shapes.0.cpu.model",
    value: "Nehalem",
  },
  {
    code: "smt-invented",
    what: "the guest takes its two vCPUs for threads of a core",
    of: byQemu,
    given: withGuest,
    path: "guest.cpu.threadsPerCore",
    value: 2,
  },
  {
    code: "port-link-untrue",
    what: "a port of the guest's says 2.5 GT/s",
    of: byQemu,
    given: withAll(withBoards, withGuest),
    path: "guest.ports.0.link",
    value: { speedGTs: 2.5, width: 1, maxSpeedGTs: 2.5, maxWidth: 1 },
  },
  {
    code: "mmio-window-small",
    what: "no address for a BAR",
    of: byQemu,
    given: withGuest,
    path: "guest.devices.0.bars.0.assigned",
    value: false,
  },
  {
    code: "nccl-file-missing",
    what: "no file tells NCCL of the switch, which the guest does not see",
    of: byQemu,
    given: withAll(withSwitches, withGuest),
    path: "guest.nccl",
    value: null,
  },
  {
    code: "gpu-direct-off",
    what: "NCCL's log says that the NIC is too far from the GPU",
    of: byQemu,
    given: withAll(withSwitches, withGuest),
    path: "guest.gpuDirect",
    value: {
      enabled: false,
      why: "GPU Direct RDMA Disabled for GPU 1000 / HCA 0 (distance 7 > 4)",
    },
  },
  {
    code: "gpu-direct-driver",
    what: "NCCL's log says that the NIC's driver cannot",
    of: byQemu,
    given: withAll(withSwitches, withGuest),
    path: "guest.gpuDirect",
    value: { enabled: false, why: "GPU Direct RDMA Disabled for HCA 0 'mlx5_0'" },
  },
  {
    code: "guest-acs",
    what: "the guest's port above its accelerator redirects",
    of: byQemu,
    given: withAll(withSwitches, withGuest),
    path: "guest.ports.0.acsRedirect",
    value: true,
  },
  {
    code: "nccl-file-not-in-force",
    what: "NCCL does not take its file",
    of: byQemu,
    given: withGuest,
    path: "guest.nccl.inForce",
    value: false,
  },
  {
    code: "nccl-file-slow",
    what: "NCCL's file says 2.5 GT/s",
    of: byQemu,
    given: withAll(withBoards, withGuest),
    path: "guest.nccl.slowestLink",
    value: { speedGTs: 2.5, width: 1 },
  },
];

export const recordAlterations: readonly RecordAlteration[] = [
  ...memory,
  ...processors,
  ...settings,
  ...accelerators,
  ...fabric,
  ...guest,
];

/** One fact of what was planted, put in order: what rested on it is told no more. */
export interface RecordMended {
  /** What is told no more, and what is told then. */
  readonly gone: string;
  readonly left: readonly string[];
  readonly what: string;
  readonly of: string;
  /** The guilty one of the two. */
  readonly side: "a" | "b";
  readonly path: string;
  readonly value: unknown;
}

export const recordsMended: readonly RecordMended[] = [
  {
    gone: "memory-bound-elsewhere",
    left: [],
    what: "the pages lie at home, whatever the policy says",
    of: bound,
    side: "b",
    path: "memory.0.onNodes",
    value: [{ node: 0, bytes: 64 * MiB }],
  },
  {
    gone: "memory-unbound",
    left: ["vcpus-float"],
    what: "the pages lie at home, without a policy",
    of: "memory first touched on the other node, and vCPUs that float",
    side: "b",
    path: "memory.0.onNodes",
    value: [{ node: 0, bytes: 64 * MiB }],
  },
  {
    gone: "memory-interleaved",
    left: ["helpers-on-worker-cores"],
    what: "the pages lie at home, whatever the policy says",
    of: "memory interleaved, and the emulator on a vCPU's core",
    side: "b",
    path: "memory.0.onNodes",
    value: [{ node: 0, bytes: 64 * MiB }],
  },
  {
    gone: "vcpus-off-node",
    left: [],
    what: "the vCPU is back on its node",
    of: "a vCPU moved to the other node after evenkeel run, of the one that is given first",
    side: "a",
    path: "threads.4.allowedCpus",
    value: "3",
  },
  {
    gone: "node-full",
    left: ["memory-off-node"],
    what: "the node has room",
    of: "memory that fell over, as its node was full",
    side: "b",
    path: "machine.nodes.0.freeBytes",
    value: 1024 * MiB,
  },
  {
    gone: "page-size-small",
    left: [],
    what: "the memory is in huge pages",
    of: "base pages, where nothing makes them huge",
    side: "b",
    path: "memory.0.pageBytes",
    value: 2 * MiB,
  },
  {
    gone: "interrupts-far",
    left: [],
    what: "the interrupts go to its node",
    of: "interrupts on the other node",
    side: "b",
    path: "devices.0.interrupts.0",
    value: { number: 10, allowedCpus: "6-11", effectiveCpus: "7" },
  },
  {
    gone: "cpu-quota",
    left: ["cpu-waiting"],
    what: "the quota was never used up",
    of: "a quota of CPU time",
    side: "b",
    path: "cgroups.0.limits.throttled",
    value: { periods: 443, throttledPeriods: 0, throttledUs: 0 },
  },
  {
    gone: "cpu-weight-low",
    left: [],
    what: "the weight is the usual one",
    of: "a low weight",
    side: "b",
    path: "cgroups.0.limits.cpuWeight",
    value: 100,
  },
  {
    gone: "autonuma-on",
    left: [],
    what: "NUMA balancing is off",
    of: "NUMA balancing over memory without a policy",
    side: "b",
    path: "kernel.numaBalancing",
    value: 0,
  },
  {
    gone: "ksm-on",
    left: [],
    what: "no page is merged",
    of: "merged pages",
    side: "b",
    path: "process.mergedPages",
    value: 0,
  },
  {
    gone: "smt-sibling-shared",
    left: [],
    what: "the neighbour is on another core",
    of: "a neighbour on the second thread of a core",
    side: "b",
    path: "machine.neighbours.1.vcpus.0.cpus",
    value: "8",
  },
];
