import type {
  DeviceEvidence,
  Evidence,
  ShapeEvidence,
  ThreadEvidence,
} from "../../src/evidence/evidence.ts";
import type { GuestBar, GuestReport } from "../../src/evidence/guest-report.ts";
import type { AcceleratorState, MachineEvidence } from "../../src/evidence/machine-evidence.ts";
import type { Topology } from "../../src/topology/topology.ts";
import { syntheticTopology } from "../../src/topology/synthetic/build.ts";
import { GiB, MiB } from "../../src/unit/bytes.ts";

/**
 * A machine of two equal sockets: on each eight cores of two threads below two last-level caches,
 * 64 GiB with 32 huge pages of 1 GiB, and an accelerator and a NIC on one switch. CPUs 0-7 and
 * 16-23 are on node 0, 8-15 and 24-31 on node 1; the second thread of a core has its first one's
 * number plus 16.
 */
const described = syntheticTopology(
  'cpu:"Intel(R) Xeon(R) Platinum 8480+" package:2 l3:2 core:4 thread:2 classes:0-31 memory:64Gi hugepages:32x1Gi distances:10/21 root[switch[gpu:h100-sxm nic:cx7]] nvlink:18',
  "twin-host",
);

/** A machine on which no port of a switch redirects what devices below it copy to each other. */
export function withoutRedirects(topology: Topology): Topology {
  return {
    ...topology,
    pci: topology.pci.map((one) => {
      return one.class.startsWith("0604") ? { ...one, acsRedirect: false } : one;
    }),
  };
}

const machineTopology = withoutRedirects(described);

const accelerators = machineTopology.accelerators.map(({ address }) => address);
const nics = machineTopology.nics.map(({ address }) => address);

const nodeCpus = ["0-7,16-23", "8-15,24-31"] as const;

/** The threads of four cores of a node, core by core; its lowest core is left to helpers. */
function ownCpus(node: number): readonly number[] {
  return [1, 2, 3, 4].flatMap((core) => [node * 8 + core, node * 8 + core + 16]);
}

/** One of two twins on that machine, each in perfect order on a node of its own. */
export function cleanVm(node: 0 | 1): Evidence {
  const name = node === 0 ? "llm-a" : "llm-b";
  const own = [accelerators[node] ?? "", nics[node] ?? ""];
  const cpus = ownCpus(node);
  const pid = 4711 + node;
  const spare = `${node * 8},${node * 8 + 16}`;
  const cgroup = `/machine.slice/${name}.scope`;
  const thread = (
    tid: number,
    called: string,
    role: ThreadEvidence["role"],
    allowedCpus: string,
  ): ThreadEvidence => ({
    tid,
    where: `/proc/${pid}/task/${tid}`,
    name: called,
    role,
    allowedCpus,
    allowedNodes: `${node}`,
    lastCpu: Number.parseInt(allowedCpus, 10),
    cgroup,
    ranNs: 60_000_000_000,
    waitedNs: 1_000_000,
  });
  return {
    apiVersion: "evenkeel/v1",
    kind: "Evidence",
    of: "vm",
    name,
    host: "twin-host",
    takenAt: "2026-01-31T12:00:00.000Z",
    process: {
      pid,
      where: `/proc/${pid}`,
      name,
      uuid: null,
      threadCount: 10,
      vfioFiles: own.map((_, i) => `/dev/vfio/${node * 2 + i}`),
      hugeMemory: {
        residentBytes: 256 * MiB,
        anonymousBytes: 200 * MiB,
        anonymousHugeBytes: 180 * MiB,
        sharedHugeBytes: 0,
      },
      mergedPages: null,
      startTicks: null,
      swappedBytes: 0,
      binding: null,
    },
    threads: [
      thread(pid, "qemu-system-x86", { kind: "emulator" }, spare),
      thread(pid + 100, "IO iothread1", { kind: "iothread", id: 1 }, spare),
      ...cpus.map((cpu, id) =>
        thread(pid + 200 + id, `CPU ${id}/KVM`, { kind: "vcpu", id }, `${cpu}`),
      ),
    ],
    memory: [
      {
        kind: "guest",
        start: "7f0000000000",
        bytes: 16 * GiB,
        backend: "ram-node0",
        cell: 0,
        policy: { mode: "bind", nodes: `${node}` },
        pageBytes: GiB,
        onNodes: [{ node, bytes: 16 * GiB }],
        where: `/proc/${pid}/numa_maps`,
        line: `7f0000000000 bind:${node} huge N${node}=16 kernelpagesize_kB=1048576`,
      },
    ],
    cgroups: [
      {
        path: cgroup,
        where: `/sys/fs/cgroup${cgroup}`,
        cpus: nodeCpus[node],
        effectiveCpus: nodeCpus[node],
        nodes: `${node}`,
        effectiveNodes: `${node}`,
        limits: {
          quota: null,
          throttled: { periods: 0, throttledPeriods: 0, throttledUs: 0 },
          cpuWeight: 100,
          memoryMaxBytes: null,
          memoryHighBytes: null,
          memoryBytes: 17 * GiB,
          memoryCacheBytes: 256 * MiB,
          memoryReclaims: 0,
        },
      },
    ],
    kernel: { ksmRun: 0, numaBalancing: 0, transparentHugepages: "madvise" },
    nodes: nodeCpus.map((of, id) => ({ id, cpus: of })),
    cores: machineTopology.cores.map(({ cpus: of }) => of),
    devices: own.map((address, i) => deviceOf(address, node, i)),
    shapes: [shapeOf(own, node)],
    guest: guestOf(),
    machine: cleanMachine(node),
    unreadable: [],
  };
}

function deviceOf(address: string, node: 0 | 1, i: number): DeviceEvidence {
  const iommuGroup = node * 2 + i;
  const cpus = nodeCpus[node];
  return {
    address,
    where: `/sys/bus/pci/devices/${address}`,
    present: true,
    driver: "vfio-pci",
    node,
    iommuGroup,
    groupMembers: [{ address, driver: "vfio-pci", bridge: false }],
    vfioFile: null,
    link: { speedGTs: 32, width: 16, maxSpeedGTs: 32, maxWidth: 16 },
    interrupts: [
      {
        number: 100 + iommuGroup,
        allowedCpus: cpus,
        effectiveCpus: cpus,
        raisedCount: 5,
        sharedWith: [],
      },
    ],
    iommuDomain: "DMA",
    relaxedOrdering: true,
    barMaxBytes: [],
    maxReadBytes: 4096,
    correctedErrors: 3,
  };
}

function shapeOf(addresses: readonly string[], node: number): ShapeEvidence {
  return {
    source: "libvirt",
    where: "virsh dumpxml",
    cells: [
      {
        id: 0,
        cpus: "0-7",
        backend: "ram-node0",
        memoryBytes: 16 * GiB,
        policy: { mode: "bind", nodes: `${node}` },
        pageBytes: GiB,
        distances: [10],
      },
    ],
    devices: addresses.map((hostAddress, i) => ({
      hostAddress,
      above: [`pci.${i + 2}`, "pci.1"],
      cell: 0,
      portSpeedGTs: 32,
      portWidth: 16,
    })),
    cpu: {
      vcpus: 8,
      model: "host-passthrough",
      sockets: 1,
      dies: 1,
      cores: 4,
      threads: 2,
      features: [],
    },
    balloon: { actualBytes: 16 * GiB, maxBytes: 16 * GiB },
    contract: true,
    confidential: "none",
    managedSave: false,
    pins: null,
  };
}

const bars = (...sizes: readonly number[]): GuestBar[] =>
  sizes.map((bytes) => ({ bytes, assigned: true }));
const gpuBars = bars(16 * MiB, 128 * GiB, 32 * MiB);
const nicBars = bars(32 * MiB);

function guestOf(): GuestReport {
  const link = { speedGTs: 32, width: 16, maxSpeedGTs: 32, maxWidth: 16 };
  return {
    apiVersion: "evenkeel/v1",
    kind: "GuestReport",
    where: "report.txt",
    kernel: "6.1.0",
    clocksource: "kvm-clock",
    nodes: [{ id: 0, cpus: "0-7", memoryBytes: 16 * GiB, distances: [10] }],
    devices: [
      { address: "0000:02:00.0", vendor: "10de", device: "2330", node: 0, link, bars: gpuBars },
      { address: "0000:03:00.0", vendor: "15b3", device: "1021", node: 0, link, bars: nicBars },
    ],
    hugepages: [],
    cpu: {
      model: "Intel(R) Xeon(R) Platinum 8480+",
      sockets: 1,
      coresPerSocket: 4,
      threadsPerCore: 2,
      flags: ["avx", "avx2", "avx512f", "amx_tile"],
    },
    ports: [
      { address: "0000:01:00.0", link, acsRedirect: false, below: ["0000:02:00.0"] },
      { address: "0000:01:01.0", link, acsRedirect: false, below: ["0000:03:00.0"] },
    ],
    contract: { where: "/sys/firmware/qemu_fw_cfg", sha256: null },
    nccl: {
      file: "/etc/evenkeel/nccl.xml",
      sha256: null,
      from: "/etc/nccl.conf",
      inForce: true,
      slowestLink: { speedGTs: 32, width: 16 },
    },
    ncclNetwork: "IB",
    gpuDirect: { enabled: true, why: "GPU Direct RDMA Enabled for GPU 2000 / HCA 0" },
    accelerators: [stateOf("0000:02:00.0", 0)],
    unreadable: [],
  };
}

/** An accelerator that runs as fast as it can, as the vendor's tool shows it. */
export function stateOf(address: string, index: number): AcceleratorState {
  return {
    address,
    index,
    productName: "NVIDIA H100 80GB HBM3",
    driverVersion: "570.86.15",
    licensed: null,
    persistence: true,
    performanceState: "P0",
    coreClock: { nowMHz: 1980, maxMHz: 1980, applicationsMHz: 1980 },
    memoryClock: { nowMHz: 2619, maxMHz: 2619, applicationsMHz: 2619 },
    throttleReasons: [],
    power: { drawWatts: 420, limitWatts: 700, defaultWatts: 700, maxWatts: 700 },
    temperatureC: 58,
    utilizationPercent: 97,
    eccEnabled: false,
    retired: { count: 0, pending: false },
    migEnabled: false,
    link: { speedGTs: 32, width: 16, maxSpeedGTs: 32, maxWidth: 16 },
    bar1Bytes: 128 * GiB,
    nvlinks: { active: 18, total: 18 },
    fabricState: "Completed",
    peers: null,
  };
}

function cleanMachine(node: 0 | 1): MachineEvidence {
  const other = node === 0 ? 1 : 0;
  const devices = [accelerators[other] ?? "", nics[other] ?? ""];
  return {
    topology: machineTopology,
    settings: {
      kernelRelease: "6.1.0-38-amd64",
      bootOptions: ["intel_iommu=on", "iommu=pt"],
      microcode: "0x2b000603",
      cpuFlags: ["avx", "avx2", "avx512f", "amx_tile"],
      smt: "on",
      vulnerabilities: [
        { name: "gather_data_sampling", state: "Not affected" },
        { name: "spectre_v2", state: "Mitigation: Enhanced / Automatic IBRS" },
      ],
      nxHugePages: false,
      turbo: true,
      shmemHugepages: "never",
      zoneReclaim: 0,
      numad: false,
      irqbalance: false,
      clocksource: "tsc",
      stolenShare: 0,
      busyKHz: 3_700_000,
      splitLockSlowed: true,
      fabricMode: 1,
    },
    cpus: [
      {
        cpus: "0-31",
        driver: "intel_pstate",
        governor: "performance",
        energyPreference: "performance",
        minKHz: 800_000,
        maxKHz: 3_800_000,
        hardwareMaxKHz: 3_800_000,
        idleStates: [
          { name: "POLL", latencyUs: 0, disabled: false, entered: 4711 },
          { name: "C1", latencyUs: 1, disabled: false, entered: 40_000_000 },
          { name: "C1E", latencyUs: 4, disabled: false, entered: 60_000_000 },
          { name: "C6", latencyUs: 170, disabled: true, entered: 90_000 },
        ],
      },
    ],
    nodes: [0, 1].map((id) => {
      return {
        id,
        memoryBytes: 64 * GiB,
        freeBytes: 24 * GiB,
        cacheBytes: 2 * GiB,
        foreignPages: 0,
      };
    }),
    neighbours: [
      {
        name: other === 0 ? "llm-a" : "llm-b",
        pid: 4711 + other,
        isVm: true,
        vcpus: ownCpus(other).map((cpu) => ({ count: 1, cpus: `${cpu}` })),
        memory: [{ node: other, pageBytes: GiB, bytes: 16 * GiB }],
        devices,
        busyCpus: 6,
      },
    ],
    accelerators: null,
    networkPorts: nics.map((address, i) => {
      return { address, name: `mlx5_${i}`, isUp: true, bytesPerSecond: 50e9 };
    }),
  };
}

/** The evidence with another machine around it. */
export function onMachine(
  evidence: Evidence,
  change: (machine: MachineEvidence) => Partial<MachineEvidence>,
): Evidence {
  const { machine } = evidence;
  return machine === null ? evidence : { ...evidence, machine: { ...machine, ...change(machine) } };
}
