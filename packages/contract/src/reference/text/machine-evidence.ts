import type {
  AcceleratorClock,
  AcceleratorState,
  CpuSettings,
  IdleState,
  MachineEvidence,
  MachineSettings,
  Neighbour,
  NetworkPort,
  NodeMemory,
} from "@evenkeel/core/evidence/machine-evidence.ts";
import type { HeldCpus, HeldMemory } from "@evenkeel/core/plan/holding.ts";
import { type ObjectText, objectText } from "./object-text.ts";
import { pcieLinkText } from "./topology-parts.ts";
import { topologyText } from "./topology.ts";

const settingsText = objectText<MachineSettings>(
  "settings",
  "Settings of the whole machine: the kernel's, the firmware's, and programs that move things.",
  {
    kernelRelease: ["The kernel's release, as `uname -r` says it.", "6.12.48+deb13-amd64"],
    bootOptions: [
      "The words of the kernel's command line that a cause looks at.",
      ["iommu=pt", "isolcpus=2-27"],
    ],
    microcode: ["The revision of the processor's microcode.", "0x2b000620"],
    cpuFlags: ["Flags of the processor, those of vector units.", ["avx2", "amx_tile"]],
    smt: ["Whether cores run several threads, as the kernel says.", "on"],
    vulnerabilities: [
      "The kernel's word on each known weakness of the processor.",
      objectText<NonNullable<MachineSettings["vulnerabilities"]>[number]>(
        "vulnerability",
        "A known weakness of the processor, and what the kernel does about it.",
        {
          name: ["Its name.", "spectre_v2"],
          state: ["The kernel's word.", "Mitigation: Enhanced / Automatic IBRS"],
        },
      ),
    ],
    nxHugePages: ["Whether KVM splits executable huge pages of guests (`nx_huge_pages`).", true],
    turbo: ["Whether the processor may run faster than its base frequency.", true],
    shmemHugepages: ["Whether shared memory gets transparent huge pages.", "never"],
    zoneReclaim: [
      "`zone_reclaim_mode`: 0, or pages are freed before another node is used.",
      0,
      { unit: "flags" },
    ],
    clocksource: ["By what the kernel tells the time.", "tsc"],
    stolenShare: [
      "Of a machine that is itself a guest: the share of the time that its CPUs had work in which its " +
        "host gave them to others.",
      0.02,
      { unit: "a share of 1" },
    ],
    busyKHz: ["The clock of a CPU that was busy meanwhile.", 3_700_000],
    splitLockSlowed: ["Whether the kernel slows down programs that lock the bus.", true],
    fabricMode: [
      "`FABRIC_MODE` of NVIDIA's Fabric Manager: 0, 1 for passthrough, 2 for vGPUs.",
      1,
      { unit: "a mode" },
    ],
    numad: ["Whether numad runs, which moves processes between nodes.", false],
    irqbalance: ["Whether irqbalance runs, which moves interrupts.", false],
  },
);

const idleStateText = objectText<IdleState>("idle state", "A state that an idle CPU may enter.", {
  name: ["Its name.", "C6"],
  latencyUs: ["How long it takes to wake up from it.", 170, { unit: "microseconds" }],
  disabled: ["Whether it is switched off.", false],
  entered: ["How often it was entered since the machine was started.", 104_211, { unit: "times" }],
});

const cpuSettingsText = objectText<CpuSettings>(
  "CPU settings",
  "How some CPUs are set; those set alike are one entry.",
  {
    cpus: ["The CPUs.", "0-111"],
    driver: ["What sets their clocks.", "intel_pstate"],
    governor: ["By which rule.", "performance"],
    energyPreference: ["What the processor itself is told.", "performance"],
    minKHz: ["The lowest clock that the kernel goes to.", 800_000],
    maxKHz: ["The highest clock that the kernel allows.", 3_800_000],
    hardwareMaxKHz: ["The highest clock that the hardware can do.", 3_800_000],
    idleStates: ["The states that they may enter when idle, by depth.", idleStateText],
  },
);

const nodeMemoryText = objectText<NodeMemory>("node memory", "The memory of a node now.", {
  id: ["The node.", 0, { unit: "a node's number" }],
  memoryBytes: ["The memory it has.", 1_082_331_758_592],
  freeBytes: ["Memory that nobody uses.", 85_899_345_920],
  cacheBytes: ["Files in the page cache, which the kernel can drop.", 12_884_901_888],
  foreignPages: [
    "Pages that were meant for the node and went elsewhere since the machine was started.",
    0,
    { unit: "pages" },
  ],
});

const neighbourText = objectText<Neighbour>(
  "neighbour",
  "Another VM, or one of the busiest other processes, on the machine.",
  {
    name: ["Its name.", "llm-b"],
    pid: ["Its process.", 4711, { unit: "a process id" }],
    isVm: ["Whether it is a VM.", true],
    vcpus: [
      "Its vCPUs.",
      objectText<HeldCpus>(
        "held CPUs",
        "Some vCPUs of a VM and the CPUs that all of them may use.",
        {
          count: ["How many.", 48, { unit: "vCPUs" }],
          cpus: ["The CPUs.", "28-51"],
        },
      ),
    ],
    memory: [
      "Its memory.",
      objectText<HeldMemory>("held memory", "Memory of a VM on one node in pages of one size.", {
        node: ["The node.", 1, { unit: "a node's number" }],
        pageBytes: ["The size of a page.", 1_073_741_824],
        bytes: ["How much.", 257_698_037_760, { unit: "bytes" }],
      }),
    ],
    devices: ["The PCI functions that it has.", ["0000:9d:00.0"]],
    busyCpus: ["How many CPUs it kept busy while it was looked at.", 12.5, { unit: "CPUs" }],
  },
);

const clockText = objectText<AcceleratorClock>("clock", "A clock of an accelerator.", {
  nowMHz: ["What it is now.", 1980],
  maxMHz: ["The most that it can be.", 1980],
  applicationsMHz: ["What applications are limited to.", 1980],
});

const powerText = objectText<NonNullable<AcceleratorState["power"]>>(
  "power",
  "What it draws, and may draw.",
  {
    drawWatts: ["What it draws now.", 412.5],
    limitWatts: ["What it is limited to.", 700],
    defaultWatts: ["The limit that it came with.", 700],
    maxWatts: ["The highest limit that can be set.", 700],
  },
);

export const acceleratorStateText: ObjectText<AcceleratorState> = objectText<AcceleratorState>(
  "accelerator state",
  "An accelerator as its vendor's tool shows it now (`nvidia-smi -q -x`).",
  {
    address: ["Its address on the machine that was asked.", "0000:1b:00.0"],
    index: ["The tool's number for it.", 0, { unit: "an index" }],
    productName: ["The name that the tool prints.", "NVIDIA H100 80GB HBM3"],
    driverVersion: ["The version of its driver.", "570.133.20"],
    persistence: ["Whether the driver keeps it ready when nobody uses it.", true],
    performanceState: ["Its performance state; P0 is the fastest.", "P0"],
    coreClock: ["The clock of its processors.", clockText],
    memoryClock: ["The clock of its memory.", clockText],
    throttleReasons: [
      "Why its clocks are lower than they could be, in the tool's words.",
      ["sw_power_cap"],
    ],
    power: ["What it draws.", powerText],
    temperatureC: ["Its temperature.", 61, { unit: "degrees Celsius" }],
    utilizationPercent: ["The share of time in which it computed.", 97, { unit: "percent" }],
    eccEnabled: ["Whether its memory corrects errors (ECC).", true],
    retired: [
      "Pages or rows of its memory that were taken out of use.",
      objectText<NonNullable<AcceleratorState["retired"]>>(
        "retired",
        "Pages or rows of its memory that were taken out of use.",
        {
          count: ["How many.", 0, { unit: "pages or rows" }],
          pending: ["Whether more wait for a reset.", false],
        },
      ),
    ],
    migEnabled: ["Whether it is in MIG mode.", false],
    licensed: ["Whether a vGPU has the licence that it needs; `null` of anything else.", true],
    link: ["Its PCIe link.", pcieLinkText],
    bar1Bytes: ["The window through which the host reaches its memory.", 137_438_953_472],
    nvlinks: [
      "Its NVLinks.",
      objectText<NonNullable<AcceleratorState["nvlinks"]>>(
        "NVLinks",
        "How many of its NVLinks are up.",
        {
          active: ["Those that are up.", 18, { unit: "links" }],
          total: ["All of them.", 18, { unit: "links" }],
        },
      ),
    ],
    fabricState: ["The state of its registration with the NVSwitch fabric.", "Completed"],
    peers: [
      "Direct copies to other accelerators.",
      objectText<NonNullable<AcceleratorState["peers"]>[number]>(
        "peer",
        "Another accelerator, and whether direct copies to it are possible.",
        {
          address: ["The other's address.", "0000:43:00.0"],
          status: [
            "The driver's word: `OK`, or why not: `CNS` the chipset, `GNS` the GPU, `TNS` the " +
              "topology does not support it.",
            "OK",
          ],
        },
      ),
    ],
  },
);

const networkPortText = objectText<NetworkPort>(
  "network port",
  "A port of a network card, and what it does now.",
  {
    address: ["The card's address.", "0000:1c:00.0"],
    name: ["Its RDMA device or its network interface.", "mlx5_0"],
    isUp: ["Whether it has a link.", true],
    bytesPerSecond: [
      "Its rate in each direction. Of a port without a link it says nothing.",
      50_000_000_000,
    ],
  },
);

export const machineEvidenceText: ObjectText<MachineEvidence> = objectText<MachineEvidence>(
  "machine",
  "The machine around a subject: what it is made of, how it is set, and who else runs there.",
  {
    topology: ["What the machine is.", topologyText],
    settings: ["How the whole machine is set.", settingsText],
    cpus: ["How its CPUs are set.", cpuSettingsText],
    nodes: ["The memory of its nodes now.", nodeMemoryText],
    neighbours: ["Who else runs there.", neighbourText],
    accelerators: ["What the vendor's tool says of its accelerators now.", acceleratorStateText],
    networkPorts: ["The ports of its network cards now.", networkPortText],
  },
);
