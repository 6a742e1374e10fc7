import type { Evidence } from "@evenkeel/core/evidence/evidence.ts";
import type { GuestReport } from "@evenkeel/core/evidence/guest-report.ts";
import type {
  AcceleratorState,
  CpuSettings,
  MachineSettings,
} from "@evenkeel/core/evidence/machine-evidence.ts";
import { onMachine, stateOf } from "@evenkeel/core/testing/explain/clean.ts";
import { GiB, MiB } from "@evenkeel/core/unit/bytes.ts";
import type { Topology } from "@evenkeel/core/topology/topology.ts";

/**
 * What emulated hosts lack, given to both records of a pair alike: clocks, a guest that reports,
 * accelerators that a vendor's tool tells of, links, a switch. With it the two are still in order.
 */
export type Given = (record: Evidence) => Evidence;

/** Several things that both are given. */
export const withAll =
  (...given: readonly Given[]): Given =>
  (record) =>
    given.reduce((sum, give) => give(sum), record);

/** The record on a machine that is made otherwise. */
export const onTopology = (
  record: Evidence,
  change: (topology: Topology) => Partial<Topology>,
): Evidence =>
  onMachine(record, ({ topology }) => ({
    topology: topology === null ? null : { ...topology, ...change(topology) },
  }));

/** Other settings of the machine. */
export const withSettings =
  (change: Partial<MachineSettings>): Given =>
  (record) =>
    onMachine(record, ({ settings }) => ({ settings: { ...settings, ...change } }));

/** CPUs whose clocks and idle states somebody sets: as fast as they can, and quick to wake up. */
export const withClocks: Given = (record) => {
  const own: CpuSettings = {
    cpus: "0-11",
    driver: "intel_pstate",
    governor: "performance",
    energyPreference: "performance",
    minKHz: 800_000,
    maxKHz: 3_800_000,
    hardwareMaxKHz: 3_800_000,
    idleStates: [
      { name: "C1", latencyUs: 1, disabled: false, entered: 40_000_000 },
      { name: "C6", latencyUs: 170, disabled: true, entered: 90_000 },
    ],
  };
  return onMachine(record, () => ({ cpus: [own] }));
};

/** Cores of one class. */
export const withClasses: Given = (record) =>
  onTopology(record, ({ cores }) => ({ cores: cores.map((core) => ({ ...core, class: 0 })) }));

/** Two last-level caches for each node, each below three cores. */
export const withTwoCaches: Given = (record) =>
  onTopology(record, ({ cores, l3Caches }) => ({
    cores: cores.map((core, i) => ({ ...core, l3: Math.floor(i / 3) })),
    l3Caches: [0, 1, 2, 3].flatMap((id) => l3Caches.slice(0, 1).map((one) => ({ ...one, id }))),
  }));

/** VCPUs that have run for a minute, and waited for next to nothing. */
export const withLongRun: Given = (record) => ({
  ...record,
  threads: (record.threads ?? []).map((thread) =>
    thread.role?.kind === "vcpu" ? { ...thread, ranNs: 60e9, waitedNs: 1e7 } : thread,
  ),
});

/** An iothread beside the emulator, in place of its last thread that is no vCPU. */
export const withIothread: Given = (record) => {
  const threads = record.threads ?? [];
  const last = threads.findLastIndex(({ role }) => role?.kind === "emulator");
  return {
    ...record,
    threads: threads.map((thread, i) =>
      i === last ? { ...thread, name: "IO iothread1", role: { kind: "iothread", id: 1 } } : thread,
    ),
  };
};

/** Memory that no policy binds. */
export const withoutPolicy: Given = (record) => ({
  ...record,
  memory: (record.memory ?? []).map((one) => {
    return { ...one, policy: { mode: "default", nodes: "" } };
  }),
});

/** Memory that prefers node 0 and may lie elsewhere. */
export const withPreference: Given = (record) => ({
  ...record,
  memory: (record.memory ?? []).map((one) => {
    return { ...one, policy: { mode: "prefer", nodes: "0" } };
  }),
});

/** Memory in base pages. */
export const withBasePages: Given = (record) => ({
  ...record,
  memory: (record.memory ?? []).map((one) => ({ ...one, pageBytes: 4096 })),
});

/** A VM of 4 GiB in base pages, most of them in transparent huge pages, on a machine with room. */
export const withLargeMemory: Given = (record) => {
  const large = withBasePages(record);
  const { process } = large;
  return onTopology(
    {
      ...large,
      memory: (large.memory ?? []).map((one) => ({
        ...one,
        bytes: 4 * GiB,
        onNodes: one.onNodes.map(({ node }) => ({ node, bytes: 4 * GiB })),
      })),
      process:
        process === null
          ? null
          : {
              ...process,
              hugeMemory: {
                residentBytes: 4 * GiB + 60 * MiB,
                anonymousBytes: 4 * GiB + 40 * MiB,
                anonymousHugeBytes: 4 * GiB,
                sharedHugeBytes: 0,
              },
            },
    },
    ({ nodes }) => ({ nodes: nodes.map((node) => ({ ...node, memoryBytes: 64 * GiB })) }),
  );
};

/** A node 0 that has refused pages and has none to spare, neither huge nor small. */
export const withFullNode: Given = (record) =>
  onMachine(
    onTopology(record, ({ nodes }) => ({
      nodes: nodes.map((node) => ({
        ...node,
        hugepages: (node.hugepages ?? []).map((pool) => ({ ...pool, free: 0 })),
      })),
    })),
    ({ nodes }) => ({
      nodes: (nodes ?? []).map((node) =>
        node.id === 0
          ? { ...node, freeBytes: 4 * MiB, cacheBytes: 2 * MiB, foreignPages: 9000 }
          : node,
      ),
    }),
  );

/** A balloon that holds nothing. */
export const withBalloon: Given = (record) => ({
  ...record,
  shapes: record.shapes.map((shape) => {
    return { ...shape, balloon: { actualBytes: 64 * MiB, maxBytes: 64 * MiB } };
  }),
});

/** A quota of CPU time and a limit on memory that were never reached. */
export const withLimits: Given = (record) => ({
  ...record,
  cgroups: record.cgroups.map((own) => ({
    ...own,
    limits:
      own.limits === null
        ? null
        : {
            ...own.limits,
            quota: { quotaUs: 200_000, periodUs: 100_000 },
            throttled: { periods: 9000, throttledPeriods: 0, throttledUs: 0 },
            memoryMaxBytes: 256 * MiB,
            memoryReclaims: 0,
          },
  })),
});

/** An accelerator that runs as fast as it can, as the vendor's tool shows it in the guest. */
const state: AcceleratorState = {
  ...stateOf("0000:01:00.0", 0),
  link: null,
  peers: [{ address: "0000:05:00.0", status: "OK" }],
};

const guestLink = { speedGTs: 32, width: 16, maxSpeedGTs: 32, maxWidth: 16 };

/** A guest that reports what it sees: one node, its devices, each behind a port, NCCL's file. */
export const withGuest: Given = (record) => {
  const pci = record.machine?.topology?.pci ?? [];
  const own = record.devices.map(({ address }) => pci.find((one) => one.address === address));
  const guest: GuestReport = {
    apiVersion: "evenkeel/v1",
    kind: "GuestReport",
    where: "report.txt",
    kernel: "6.1.0",
    clocksource: "kvm-clock",
    ncclNetwork: null,
    nodes: [{ id: 0, cpus: "0-1", memoryBytes: 64 * MiB, distances: [10] }],
    devices: own.map((one, i) => ({
      address: `0000:0${i + 1}:00.0`,
      vendor: one?.vendor ?? null,
      device: one?.device ?? null,
      node: 0,
      link: null,
      bars: (one?.barBytes ?? []).map((bytes) => ({ bytes, assigned: true })),
    })),
    hugepages: [],
    cpu: {
      model: "QEMU TCG CPU version 2.5+",
      sockets: 1,
      coresPerSocket: 2,
      threadsPerCore: 1,
      flags: ["fma", "sse4_1", "sse4_2", "avx", "f16c", "sse4a", "avx2"],
    },
    ports: own.map((_, i) => ({
      address: `0000:00:0${i + 1}.0`,
      link: guestLink,
      acsRedirect: false,
      below: [`0000:0${i + 1}:00.0`],
    })),
    contract: null,
    nccl: {
      file: "/etc/nccl.xml",
      sha256: null,
      from: "NCCL_TOPO_FILE",
      inForce: true,
      slowestLink: { speedGTs: 32, width: 16 },
    },
    gpuDirect: { enabled: true, why: "GPU Direct RDMA Enabled for GPU 1000 / HCA 0" },
    accelerators: [state],
    unreadable: [],
  };
  return { ...record, guest };
};

/** A guest whose accelerator is as fast as the power that it was made for allows. */
export const withPowerCap: Given = (record) => {
  const throttled = { ...state, throttleReasons: ["SW Power Cap"] };
  const { guest } = withGuest(record);
  return { ...record, guest: guest === null ? null : { ...guest, accelerators: [throttled] } };
};

/** Clocks that the processor sets by itself, and is told to set high. */
export const withPowersave: Given = (record) =>
  onMachine(withClocks(record), ({ cpus }) => ({
    cpus: (cpus ?? []).map((own) => ({ ...own, governor: "powersave" })),
  }));

/** Neighbours that keep a CPU busy each. */
export const withBusyNeighbours: Given = (record) =>
  onMachine(record, ({ neighbours }) => ({
    neighbours: (neighbours ?? []).map((one) => ({ ...one, busyCpus: 1 })),
  }));

/** Pages that were merged while the kernel did that. */
export const withMergedPages: Given = (record) => ({
  ...record,
  process: record.process === null ? null : { ...record.process, mergedPages: 4000 },
});
