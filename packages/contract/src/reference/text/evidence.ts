import type {
  CgroupEvidence,
  CgroupLimits,
  DeviceEvidence,
  Evidence,
  GroupMember,
  HugeMemory,
  InterruptEvidence,
  KernelEvidence,
  LineSharer,
  MemoryMapping,
  MemoryPolicy,
  NodeEvidence,
  ProcessEvidence,
  ShapeCell,
  ShapeCpu,
  ShapeDevice,
  ShapeEvidence,
  ShapePins,
  ThreadEvidence,
  ThreadRole,
} from "@evenkeel/core/evidence/evidence.ts";
import { bindingPromiseText } from "./binding.ts";
import { head, type ObjectText, objectText } from "./object-text.ts";
import { guestReportText, unreadableText } from "./guest-report.ts";
import { machineEvidenceText } from "./machine-evidence.ts";
import { pcieLinkText } from "./topology-parts.ts";

const processText = objectText<ProcessEvidence>(
  "process",
  "The process: a VM's emulator, or the first process of a container.",
  {
    pid: ["Its id.", 4711, { unit: "a process id" }],
    startTicks: [
      "When it started, since the machine did. A process id may be given again, with another start.",
      1_234_567,
      { unit: "clock ticks" },
    ],
    where: ["Where it was read.", "/proc/4711"],
    name: ["The VM's name on its command line.", "llm-a"],
    uuid: ["The VM's UUID on its command line.", "6f3c8a1e-2b4d-4c5e-8f9a-0b1c2d3e4f5a"],
    threadCount: ["How many threads the kernel counts.", 63, { unit: "threads" }],
    vfioFiles: ["The VFIO files that it has open.", ["/dev/vfio/40"]],
    hugeMemory: [
      "How much of its memory is in huge pages.",
      objectText<HugeMemory>(
        "huge memory",
        "Memory that is there, and how much of it is in transparent huge pages (`smaps_rollup`).",
        {
          residentBytes: ["All that is there.", 2_147_483_648],
          anonymousBytes: ["Private memory.", 1_073_741_824],
          anonymousHugeBytes: ["The part of it in huge pages.", 1_071_644_672],
          sharedHugeBytes: ["Shared memory in huge pages.", 0],
        },
      ),
    ],
    swappedBytes: ["How much of its own memory is in the host's swap space.", 0],
    binding: [
      "What `evenkeel exec` has bound it to, as its `EVENKEEL_BINDING` tells.",
      bindingPromiseText,
    ],
    mergedPages: ["How many of its pages are merged with equal ones.", 0, { unit: "pages" }],
  },
);

const roleText = objectText<ThreadRole>("role", "What a thread of a VM's process does.", {
  kind: ["The role.", "vcpu"],
  id: ["The number of the vCPU or the iothread.", 3, { unit: "a vCPU's or iothread's number" }],
});

const threadText = objectText<ThreadEvidence>("thread", "A thread, and where it may run.", {
  tid: ["Its id.", 4733, { unit: "a thread id" }],
  where: ["Where it was read.", "/proc/4711/task/4733"],
  name: ["Its name.", "CPU 3/KVM"],
  role: ["What it does for the VM.", roleText],
  allowedCpus: ["The CPUs that it may run on.", "116"],
  allowedNodes: ["The nodes that its memory may come from.", "0-1"],
  lastCpu: ["Where it ran when it was looked at.", 116, { unit: "a CPU's number" }],
  cgroup: ["The path of its cgroup.", "/machine.slice/machine-qemu-1-llm-a.scope/libvirt/vcpu3"],
  ranNs: ["How long it has run since it was started.", 81_234_567_890],
  waitedNs: ["How long it was ready and waited for a CPU.", 1_234_567],
});

const policyText = objectText<MemoryPolicy>("policy", "A memory policy, as numa_maps states it.", {
  mode: ["Its mode.", "bind"],
  nodes: ["The nodes that it names.", "0"],
});

const mappingText = objectText<MemoryMapping>("mapping", "A mapping of memory.", {
  kind: [
    "Whose memory it is: a VM's guest's, private, shared, or the page cache of a file.",
    "guest",
  ],
  start: ["Its first address, hexadecimal.", "7f0000000000"],
  bytes: ["Its size.", 257_698_037_760, { unit: "bytes" }],
  backend: ["The memory backend that it is of.", "ram-node0"],
  cell: ["The guest's node that it is memory of.", 0, { unit: "a cell's number" }],
  policy: ["Its memory policy.", policyText],
  pageBytes: ["The size of its pages.", 1_073_741_824],
  onNodes: [
    "How much of it is there, by node.",
    objectText<MemoryMapping["onNodes"][number]>("on a node", "The part that lies on one node.", {
      node: ["The node.", 0, { unit: "a node's number" }],
      bytes: ["How much.", 257_698_037_760, { unit: "bytes" }],
    }),
  ],
  where: ["Where it was read.", "/proc/4711/numa_maps"],
  line: ["The kernel's own words.", "7f0000000000 bind:0 file=… N0=240 kernelpagesize_kB=1048576"],
});

const limitsText = objectText<CgroupLimits>(
  "limits",
  "What a cgroup limits, and how often that took effect. A limit that is not set is `null`.",
  {
    quota: [
      "The time on CPUs in each period.",
      objectText<NonNullable<CgroupLimits["quota"]>>("quota", "The time on CPUs in each period.", {
        quotaUs: ["The time.", 200_000, { unit: "microseconds" }],
        periodUs: ["The period.", 100_000, { unit: "microseconds" }],
      }),
    ],
    throttled: [
      "How often the quota was used up.",
      objectText<NonNullable<CgroupLimits["throttled"]>>(
        "throttled",
        "How often the quota was used up.",
        {
          periods: ["The periods that were counted.", 1000, { unit: "periods" }],
          throttledPeriods: ["Those in which it was used up.", 180, { unit: "periods" }],
          throttledUs: ["How long threads were held back.", 9_000_000, { unit: "microseconds" }],
        },
      ),
    ],
    cpuWeight: ["Its share of busy CPUs; 100 unless it is set.", 100, { unit: "shares" }],
    memoryMaxBytes: ["The memory it may have.", 274_877_906_944],
    memoryHighBytes: ["From where on its memory is taken back.", 268_435_456_000],
    memoryBytes: ["The memory it has.", 258_771_779_584],
    memoryCacheBytes: ["The part of it that is the page cache of files.", 268_435_456],
    memoryReclaims: ["How often a limit made it give pages back.", 0, { unit: "times" }],
  },
);

const cgroupText = objectText<CgroupEvidence>(
  "cgroup",
  "A control group, and what it allows. A set is `null` where its file is missing or empty.",
  {
    path: ["Its path.", "/machine.slice/machine-qemu-1-llm-a.scope"],
    where: ["Where it was read.", "/sys/fs/cgroup/machine.slice/machine-qemu-1-llm-a.scope"],
    cpus: ["The CPUs that it asks for.", "0-27,112-139"],
    effectiveCpus: ["The CPUs that it gets.", "0-27,112-139"],
    nodes: ["The nodes that it asks for.", "0"],
    effectiveNodes: ["The nodes that it gets.", "0"],
    limits: ["What it limits beside.", limitsText],
  },
);

const kernelText = objectText<KernelEvidence>(
  "kernel",
  "Settings of the host under which memory moves, merges or changes its pages.",
  {
    ksmRun: ["Same-page merging: 0 off, 1 merging, 2 undoing.", 0, { unit: "a state" }],
    numaBalancing: ["NUMA balancing: 0 off, 1 on, 2 tiering.", 0, { unit: "a state" }],
    transparentHugepages: ["Transparent huge pages: `always`, `madvise` or `never`.", "madvise"],
  },
);

const interruptText = objectText<InterruptEvidence>(
  "interrupt",
  "An interrupt of a passed-through device, and where it is delivered.",
  {
    number: ["The kernel's number for it.", 184, { unit: "an interrupt's number" }],
    allowedCpus: ["The CPUs that it may be delivered to.", "0-27,112-139"],
    effectiveCpus: ["The CPUs that it is delivered to now.", "4"],
    raisedCount: [
      "How often it was raised, on all CPUs; of a shared line, by any device on it.",
      40_211,
      { unit: "times" },
    ],
    sharedWith: [
      "Other devices on its line.",
      objectText<LineSharer>("line sharer", "Another device on an interrupt's line.", {
        name: ["As its driver calls itself.", "ehci_hcd:usb1"],
        node: ["Its node.", 0, { unit: "a node's number" }],
      }),
    ],
  },
);

const deviceText = objectText<DeviceEvidence>(
  "device",
  "A device that the plan names, or that the subject has open, as the host shows it now.",
  {
    address: ["Its address.", "0000:1b:00.0"],
    where: ["Where it was read.", "/sys/bus/pci/devices/0000:1b:00.0"],
    present: ["Whether the host has it.", true],
    driver: ["The driver that has it.", "vfio-pci"],
    node: ["Its node.", 0, { unit: "a node's number" }],
    iommuGroup: ["Its IOMMU group.", 40, { unit: "an id" }],
    groupMembers: [
      "Every function of its group, itself included.",
      objectText<GroupMember>("group member", "A function of an IOMMU group.", {
        address: ["Its address.", "0000:1b:00.0"],
        driver: ["The driver that has it.", "vfio-pci"],
        bridge: ["Whether it is a bridge.", false],
      }),
    ],
    vfioFile: ["Its own VFIO file.", "/dev/vfio/devices/vfio3"],
    link: ["Its PCIe link.", pcieLinkText],
    interrupts: ["The interrupts that it raises by VFIO.", interruptText],
    iommuDomain: ["How its IOMMU group translates.", "DMA-FQ"],
    relaxedOrdering: ["Whether it may order its writes freely.", true],
    maxReadBytes: ["How much it asks for in one read (Max_Read_Request_Size).", 4096],
    correctedErrors: [
      "Errors of its link that were repaired by sending again, since the machine was started.",
      0,
      { unit: "errors" },
    ],
    barMaxBytes: [
      "The largest size of each resizable BAR; empty where none can be resized.",
      [137_438_953_472],
    ],
  },
);

const shapeCellText = objectText<ShapeCell>(
  "shape cell",
  "A guest node as the hypervisor has it.",
  {
    id: ["Its number.", 0, { unit: "a cell's number" }],
    cpus: ["Its vCPUs.", "0-23"],
    backend: ["Its memory backend.", "ram-node0"],
    memoryBytes: ["Its memory.", 257_698_037_760],
    policy: ["The memory policy that its backend asks for.", policyText],
    pageBytes: ["The pages that its backend asks for.", 1_073_741_824],
    distances: [
      "Its distances to every node in order.",
      [10, 21],
      { unit: "tenths of the distance to itself" },
    ],
  },
);

const shapeDeviceText = objectText<ShapeDevice>("shape device", "A passed-through device.", {
  hostAddress: ["Its address on the host.", "0000:1b:00.0"],
  above: ["The buses and ports above it, nearest first.", ["rp1", "pxb0"]],
  cell: [
    "The guest's node that its bus belongs to; `null` on the root bus.",
    0,
    { unit: "a cell's number" },
  ],
  portSpeedGTs: ["The speed that its root port says it has.", 32],
  portWidth: ["The lanes that its root port says it has.", 16, { unit: "lanes" }],
});

const shapeCpuText = objectText<ShapeCpu>(
  "shape processor",
  "The processor that the guest is shown.",
  {
    vcpus: ["How many vCPUs.", 48, { unit: "vCPUs" }],
    model: ["Its model.", "host-passthrough"],
    sockets: ["How many sockets.", 2, { unit: "sockets" }],
    dies: ["The dies of each.", 1, { unit: "dies" }],
    cores: ["The cores of each die.", 12, { unit: "cores" }],
    threads: ["The threads of each core.", 2, { unit: "threads" }],
    features: [
      "Features that are asked for, or taken away, by name.",
      objectText<ShapeCpu["features"][number]>("feature", "A feature of the processor.", {
        name: ["Its name.", "topoext"],
        on: ["Whether the guest has it.", true],
      }),
    ],
  },
);

const pinText = (title: string, unit: string): ObjectText<ShapePins["vcpus"][number]> =>
  objectText<ShapePins["vcpus"][number]>(title, "A thread, and the CPUs it is to run on.", {
    id: ["Its number.", 1, { unit }],
    cpus: ["The CPUs.", "4"],
  });

const shapeText = objectText<ShapeEvidence>("shape", "How the VM is put together, by one source.", {
  source: ["Where it was read: QEMU's command line, its monitor, or libvirt.", "libvirt"],
  where: ["Where exactly.", "virsh dumpxml llm-a"],
  cells: ["The guest's nodes.", shapeCellText],
  devices: ["Its passed-through devices.", shapeDeviceText],
  contract: ["Whether the guest is given a contract.", true],
  confidential: [
    "How its memory is kept from the host: `tdx`, `sev`, `sev-snp`; `none` where it is not.",
    "none",
  ],
  managedSave: ["Whether libvirt keeps a saved state of it; `null` of any other source.", false],
  cpu: ["Its processor.", shapeCpuText],
  balloon: [
    "What the guest may use of its memory now; `null` without a balloon.",
    objectText<NonNullable<ShapeEvidence["balloon"]>>(
      "balloon",
      "What the guest may use of its memory now.",
      {
        actualBytes: ["What it may use.", 515_396_075_520],
        maxBytes: ["What it was given.", 515_396_075_520],
      },
    ),
  ],
  pins: [
    "Where libvirt says that threads are to run.",
    objectText<ShapePins>("pins", "Where libvirt says that threads are to run.", {
      vcpus: ["The vCPUs.", pinText("pinned vCPU", "a vCPU's number")],
      emulator: ["The emulator's own threads.", "0,112"],
      iothreads: ["The iothreads.", pinText("pinned iothread", "an iothread's number")],
    }),
  ],
});

export const evidenceText: ObjectText<Evidence> = objectText<Evidence>(
  "Evidence",
  "What is actually so: facts about one running VM, process, container or machine, each with where " +
    "it was read, and without judgement. `evenkeel evidence` prints one; `verify` and `why` take " +
    "it in place of a VM. `null` means that nobody could look, an empty list that there is nothing.",
  {
    ...head("Evidence"),
    of: ["What it is about.", "vm"],
    name: ["The VM's or container's name; `process 4711` of any other process.", "llm-a"],
    host: ["The host's name.", "hgx-17"],
    takenAt: ["When reading began, by the clock of whoever read.", "2026-01-31T12:00:00.000Z"],
    process: ["Its process.", processText],
    threads: ["Its threads.", threadText],
    memory: [
      "Of a VM, the mappings that hold the guest's memory; of any other process all of them.",
      mappingText,
    ],
    cgroups: [
      "The cgroups that its threads are in, and those above that limit something.",
      cgroupText,
    ],
    kernel: ["Settings of the host's kernel.", kernelText],
    nodes: [
      "The host's nodes.",
      objectText<NodeEvidence>("node", "A node of the host.", {
        id: ["Its number.", 0, { unit: "a node's number" }],
        cpus: ["Its online CPUs.", "0-27,112-139"],
      }),
    ],
    cores: ["The host's cores, each by its CPUs.", ["0,112", "1,113"]],
    devices: ["Its devices on the host.", deviceText],
    shapes: ["How the VM is put together, as each source tells it.", shapeText],
    guest: ["What the guest says of itself.", guestReportText],
    machine: [
      "The machine around it; `null` where only the subject itself was read.",
      machineEvidenceText,
    ],
    unreadable: ["What nobody could read.", unreadableText],
  },
);
