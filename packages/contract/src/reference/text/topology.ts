import type {
  Accelerator,
  AcceleratorInstance,
  Access,
  CacheAllocation,
  Core,
  HugepagePool,
  Interrupts,
  L3Cache,
  Machine,
  MemoryNode,
  Nic,
  NicPort,
  PciDevice,
  StatedInterconnect,
  Topology,
  UnnumberedNode,
} from "@evenkeel/core/topology/topology.ts";
import { calibrationText } from "./calibration.ts";
import { head, type ObjectText, objectText } from "./object-text.ts";
import { linkText, partitionText, pcieLinkText } from "./topology-parts.ts";

const machineText = objectText<Machine>(
  "machine",
  "Who made the machine, and what its processors are.",
  {
    vendor: ["Its maker, as its firmware says.", "Supermicro"],
    product: ["Its product name.", "SYS-821GE-TNHR"],
    cpuModel: ["The model of its processors, as the kernel names it.", "Intel Xeon Platinum 8480C"],
    architecture: ["As `uname -m` says it.", "x86_64"],
    pageBytes: ["The size of a base page.", 4096],
  },
);

const hugepagesText = objectText<HugepagePool>("huge pages", "A node's huge pages of one size.", {
  sizeBytes: ["The size of a page.", 1_073_741_824],
  total: ["How many there are.", 900, { unit: "pages" }],
  free: [
    "How many of them nobody uses. Most sources other than sysfs do not tell.",
    900,
    { unit: "pages" },
  ],
});

const nodeText = objectText<MemoryNode>(
  "node",
  "A NUMA node. One without CPUs has the empty list as `cpus`, one without memory 0 as " +
    "`memoryBytes`, one without huge pages no entry in `hugepages`; `null` says that nobody told, " +
    "which is not the same.",
  {
    id: ["The kernel's number.", 0, { unit: "a node's number" }],
    package: [
      "The package (socket) whose CPUs it holds; `null` without CPUs, too.",
      0,
      { unit: "a package's number" },
    ],
    cpus: ["Its online CPUs.", "0-27,112-139"],
    memoryBytes: ["The memory it has.", 1_082_331_758_592],
    freeBytes: ["Base memory that nobody used when it was read.", 85_899_345_920],
    sideCacheBytes: [
      "Faster memory that caches the node's own and belongs to no node: HBM of a Xeon Max in cache " +
        "mode, DRAM before Optane in memory mode.",
      17_179_869_184,
    ],
    kind: ["What the memory is made of. `gpu` is memory of a GPU that the kernel uses.", "dram"],
    hugepages: ["Its huge pages, by ascending size.", hugepagesText],
  },
);

const unnumberedNodeText = objectText<UnnumberedNode>(
  "unnumbered node",
  "Devices that are on one node whose number nobody told: their `node` is `null`.",
  {
    devices: ["The addresses of the devices, ascending.", ["0000:1b:00.0", "0000:1c:00.0"]],
    cpus: ["CPUs of the node, perhaps not all.", "0-27"],
  },
);

const accessText = objectText<Access>(
  "access",
  "What access from one node's CPUs to another node's memory costs.",
  {
    initiator: ["The node whose CPUs read.", 0, { unit: "a node's number" }],
    target: ["The node whose memory is read.", 1, { unit: "a node's number" }],
    readLatencyNs: ["How long a read takes when nothing else runs.", 139],
    readBytesPerSecond: ["How much can be read in a second.", 120_000_000_000],
    basis: ["Where it comes from: the firmware's table (HMAT), or a measurement.", "hmat"],
  },
);

const coreText = objectText<Core>(
  "core",
  "A physical core with its online threads. Dies, clusters and L3 caches are numbered over the " +
    "whole machine.",
  {
    id: ["Its place in the list, from 0.", 0, { unit: "a core's number" }],
    package: ["Its package (socket), as the kernel numbers it.", 0, { unit: "a package's number" }],
    die: ["Its die.", 0, { unit: "a die's number" }],
    cluster: [
      "Its cluster: cores that share a level-2 cache, or the tags of the L3 cache.",
      0,
      { unit: "a cluster's number" },
    ],
    l3: ["Its L3 cache.", 0, { unit: "an L3 cache's number" }],
    node: ["Its node.", 0, { unit: "a node's number" }],
    class: [
      "Its kind where a machine has several, 0 the fastest. Cores of one class are equally fast.",
      0,
      { unit: "a class's number" },
    ],
    cpus: ["Its threads, as CPUs.", "0,112"],
  },
);

const l3CacheText = objectText<L3Cache>(
  "L3 cache",
  "An L3 cache, the last level on nearly every machine.",
  {
    id: ["The number that cores refer to.", 0, { unit: "an L3 cache's number" }],
    sizeBytes: ["Its size.", 110_100_480],
    ways: ["Its associativity. Cache allocation assigns ways.", 15, { unit: "ways" }],
    kernelId: ["The number that the kernel's resctrl has for it.", 0, { unit: "an id" }],
  },
);

const cacheAllocationText = objectText<CacheAllocation>(
  "cache allocation",
  "How L3 caches and memory bandwidth can be partitioned (the kernel's resctrl).",
  {
    classes: ["How many classes of service there are.", 15, { unit: "classes" }],
    ways: ["The ways that can be assigned.", "0-14"],
    sharedWays: ["The ways among them that devices also write into.", "13-14"],
    waysMin: ["The fewest ways of a class.", 1, { unit: "ways" }],
    bandwidthClasses: [
      "How many classes may have their memory bandwidth limited; `null` where none can.",
      8,
      { unit: "classes" },
    ],
  },
);

const interruptsText = objectText<Interrupts>(
  "interrupts",
  "The CPUs of all interrupts of a device together.",
  {
    allowedCpus: ["The CPUs that they may be delivered to.", "0-27,112-139"],
    effectiveCpus: ["The CPUs that they are delivered to now.", "4,6"],
  },
);

const pciText = objectText<PciDevice>(
  "PCI function",
  "A PCI function: a device, a bridge, or a port of a switch. From the chain of parents follow the " +
    "interconnect classes of `nvidia-smi topo`: PIX, PXB, PHB, NODE and SYS.",
  {
    address: ["Its address.", "0000:1b:00.0"],
    parent: ["The bridge directly above it; `null` on a root bus.", "0000:1a:01.0"],
    root: ["The host bridge above it, as sysfs names it.", "pci0000:15"],
    class: [
      "Its PCI class: base class, subclass and programming interface, as far as known. `0302` is a " +
        "3D controller, `0200` Ethernet, `0604` a bridge.",
      "030200",
    ],
    vendor: ["The vendor's id. `10de` is NVIDIA.", "10de"],
    device: ["The device's id.", "2330"],
    node: [
      "Its node. `null` where the kernel says -1 or nobody told: it is never taken for node 0.",
      0,
      { unit: "a node's number" },
    ],
    iommuGroup: [
      "Its IOMMU group; all functions of a group are given away together.",
      40,
      { unit: "an id" },
    ],
    driver: ["The kernel's driver that has it; `null` where none does, too.", "vfio-pci"],
    link: ["Its PCIe link.", pcieLinkText],
    barBytes: [
      "The sizes of its memory BARs: windows through which its memory is reached.",
      [16_777_216, 137_438_953_472, 33_554_432],
    ],
    physicalFunction: [
      "Of an SR-IOV virtual function, the function that it is of; `null` of any other.",
      "0000:1b:00.1",
    ],
    acsRedirect: [
      "Whether a port redirects traffic between devices below it up to the root (ACS), which makes " +
        "direct copies between them slow.",
      false,
    ],
    atsEnabled: ["Whether it may request address translations (ATS).", true],
    interrupts: ["Of accelerators, NICs and NVMe drives, their interrupts.", interruptsText],
    hostUse: [
      "What the host itself needs it for. Such a function is not sold unless a HostPolicy names its " +
        "address.",
      "default-route",
    ],
  },
);

const instanceText = objectText<AcceleratorInstance>(
  "instance",
  "A part of an accelerator without a PCI function: a MIG instance or a mediated device.",
  {
    profile: ["The vendor's name for parts of this size.", "1g.10gb"],
    uuid: ["Its UUID.", "MIG-4d2b3c1a-0f5e-5f0b-9a3c-8d1e2f3a4b5c"],
    memoryBytes: ["Its memory.", 10_200_547_328],
  },
);

const acceleratorText = objectText<Accelerator>(
  "accelerator",
  "A GPU or another accelerator, or an SR-IOV virtual function of one.",
  {
    address: ["Its address in `pci`.", "0000:1b:00.0"],
    model: [
      "The chip's name, which a request's `accelerators.model` is looked for in.",
      "H100 SXM5 80GB",
    ],
    productName: ["The name that the vendor's tool prints.", "NVIDIA H100 80GB HBM3"],
    index: [
      "The number that the vendor's tool has for it; it need not follow the addresses.",
      0,
      { unit: "an index" },
    ],
    uuid: ["Its UUID.", "GPU-6f3c8a1e-2b4d-4c5e-8f9a-0b1c2d3e4f5a"],
    moduleId: [
      "NVIDIA's number of the module on the baseboard, which fabric partitions refer to.",
      3,
      { unit: "an id" },
    ],
    memoryBytes: ["Its own memory.", 85_520_809_984],
    c2c: ["Whether it reaches its processor over NVLink-C2C, as a Grace Hopper's does.", false],
    profile: [
      "Of a virtual function, the vGPU type that it is; `null` for a physical GPU.",
      "NVIDIA A40-8C",
    ],
    migEnabled: ["Whether it is in MIG mode, `null` where it has none.", false],
    instances: ["Its current parts that have no PCI function.", instanceText],
  },
);

const nicPortText = objectText<NicPort>("port", "A port of a NIC, which is one network to NCCL.", {
  name: ["Its RDMA device or network interface.", "mlx5_0"],
  port: ["Its number on its RDMA device, from 1.", 1, { unit: "a port's number" }],
  bytesPerSecond: ["Its speed: 400 Gb/s is 50,000,000,000.", 50_000_000_000],
  guid: ["The card's id as NCCL writes it; ports of one card share it.", "0x84c36d000390fe7c"],
});

const nicText = objectText<Nic>("NIC", "A network interface card.", {
  address: ["Its address in `pci`.", "0000:1c:00.0"],
  name: ["Its RDMA device where it has one, otherwise its network interface.", "mlx5_0"],
  rdma: ["Whether it can do RDMA.", true],
  ports: ["Its ports.", nicPortText],
});

const interconnectText = objectText<StatedInterconnect>(
  "interconnect",
  "An interconnect class that a source states for a pair of devices.",
  {
    a: ["The lower address of the two.", "0000:1b:00.0"],
    b: ["The higher address.", "0000:1c:00.0"],
    class: [
      "The class, nearest first: below one switch (PIX), below several (PXB), below one host bridge " +
        "(PHB), on one node (NODE), anything else (SYS). `null` where the source has the pair cut off.",
      "PIX",
    ],
  },
);

export const topologyText: ObjectText<Topology> = objectText<Topology>(
  "Topology",
  "What a machine is: its nodes, cores, PCI functions, accelerators and how they are connected. " +
    "`evenkeel topology --output json` prints one from any source, and every command takes one " +
    "in place of a machine. It is checked against itself when it is read.",
  {
    ...head("Topology"),
    name: ["The host's name, or the file's or the catalog's.", "hgx-17"],
    source: ["What it was read from.", "sysfs"],
    machine: ["Who made it, and what its processors are.", machineText],
    nodes: ["Its NUMA nodes, by ascending number, which may have holes.", nodeText],
    unnumberedNodes: ["What is known of nodes whose numbers nobody told.", unnumberedNodeText],
    distances: [
      "The firmware's distances between nodes (SLIT), rows and columns in the order of `nodes`: 10 " +
        "to itself, more to others.",
      [
        [10, 21],
        [21, 10],
      ],
      { unit: "tenths of the distance to itself" },
    ],
    access: ["What access between nodes costs, where somebody measured or stated it.", accessText],
    cores: ["Its cores, by their lowest CPU.", coreText],
    l3Caches: ["The L3 caches of known size, ways or kernel id.", l3CacheText],
    cacheAllocation: ["How caches can be partitioned.", cacheAllocationText],
    offlineCpus: ["CPUs that are switched off.", ""],
    pci: ["Its PCI functions, bridges and switches too, by address.", pciText],
    accelerators: ["Its accelerators.", acceleratorText],
    nics: ["Its network cards.", nicText],
    links: ["Direct links between accelerators.", linkText],
    calibration: [
      "What distance costs on it, as measured there. The figures of pairs of nodes are in `access` " +
        "as well.",
      calibrationText,
    ],
    interconnects: [
      "Interconnect classes that a source states, where they do not follow from `pci`.",
      interconnectText,
    ],
    partitions: ["The partitions of its NVSwitch fabric.", partitionText],
  },
);
