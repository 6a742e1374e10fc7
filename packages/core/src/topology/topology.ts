/**
 * A Topology describes a machine as far as somebody has read it: the first of the documents in
 * `contracts`, produced by every reader, by the synthetic language and by the catalog.
 *
 * It is plain data. CPU sets are Linux list strings, sizes are bytes, PCI addresses are full and in
 * lower case, and **a value that nobody has read is null, never a default**.
 */
export interface Topology {
  readonly apiVersion: "evenkeel/v1";
  readonly kind: "Topology";
  /** The host's name, or the file's or the catalog's. */
  readonly name: string;
  /** What it was read from: `sysfs`, `hwloc`, `synthetic`, `machine:hgx-h100`… */
  readonly source: string;
  readonly machine: Machine;
  /** By ascending id. Ids may have holes. */
  readonly nodes: readonly MemoryNode[];
  /** ACPI SLIT as the kernel shows it: row is the initiator, both in the order of `nodes`. */
  readonly distances: readonly (readonly number[])[] | null;
  readonly access: readonly Access[];
  /** By ascending lowest CPU; a core's id is its position. */
  readonly cores: readonly Core[];
  /** The L3 caches with known size or ways, by ascending id. */
  readonly l3Caches: readonly L3Cache[];
  readonly cacheAllocation: CacheAllocation | null;
  readonly offlineCpus: string;
  /** Bridges, switches and devices, by ascending address. */
  readonly pci: readonly PciDevice[];
  readonly accelerators: readonly Accelerator[];
  readonly nics: readonly Nic[];
  readonly links: readonly Link[];
  /**
   * Interconnects over PCI Express that a source states and that the places of the two devices
   * (`pci` and nodes) do not show; empty where the places show all. By ascending addresses.
   */
  readonly interconnects: readonly StatedInterconnect[];
  readonly partitions: readonly Partition[];
}

/** Who made the machine, and what its processors are. */
export interface Machine {
  readonly vendor: string | null;
  readonly product: string | null;
  readonly cpuModel: string | null;
  /** As `uname -m` says it: `x86_64`, `aarch64`. */
  readonly architecture: string | null;
  /** The base page: 4096 on x86, 4096 to 65536 on arm64. */
  readonly pageBytes: number | null;
}

/** What a node's memory is made of. */
export type MemoryKind = "dram" | "hbm" | "cxl" | "pmem" | "gpu";

/** A NUMA node. One without CPUs has `cpus: ""`, one without memory has `memoryBytes: 0`. */
export interface MemoryNode {
  /** The kernel's number. */
  readonly id: number;
  /** The package whose CPUs it holds; null without CPUs or with those of several packages. */
  readonly package: number | null;
  /** Its online CPUs. */
  readonly cpus: string;
  readonly memoryBytes: number | null;
  /**
   * The size of faster memory that caches it and is no node of its own: the MCDRAM of a Xeon Phi or
   * the HBM of a Xeon Max in cache mode, DRAM before Optane in memory mode. Null without one, or
   * where unknown.
   */
  readonly sideCacheBytes: number | null;
  readonly kind: MemoryKind | null;
  /** By ascending page size. */
  readonly hugepages: readonly HugepagePool[];
}

/** A node's huge pages of one size. */
export interface HugepagePool {
  readonly sizeBytes: number;
  readonly total: number;
  /** Null where unknown, as in most recordings other than sysfs. */
  readonly free: number | null;
}

/** The cost of reaching one node's memory from another's CPUs, by firmware or by measurement. */
export interface Access {
  readonly initiator: number;
  readonly target: number;
  readonly readLatencyNs: number | null;
  readonly readBytesPerSecond: number | null;
  readonly basis: "hmat" | "measured";
}

/** A physical core with its online threads. */
export interface Core {
  readonly id: number;
  /** The kernel's `physical_package_id`; null where it says -1. */
  readonly package: number | null;
  /** Die, cluster and L3 are numbered over the whole machine by ascending lowest CPU. */
  readonly die: number | null;
  readonly cluster: number | null;
  readonly l3: number | null;
  readonly node: number | null;
  readonly cpus: string;
}

/** An L3 cache, the last level on nearly every machine. */
export interface L3Cache {
  /** The number by which cores name it. */
  readonly id: number;
  readonly sizeBytes: number | null;
  /** Its associativity: what cache allocation deals out. */
  readonly ways: number | null;
  /** The kernel's own number, by which `schemata` of resctrl names it. */
  readonly kernelId: number | null;
}

/**
 * How the kernel lets L3 caches and memory bandwidth be shared out; null where resctrl is not
 * mounted, or the processor has no such thing. https://docs.kernel.org/filesystems/resctrl.html
 */
export interface CacheAllocation {
  /** The number of classes of service, including the one that everything starts in. */
  readonly classes: number;
  /** The ways that can be given out, as a list: `0-10`. */
  readonly ways: string;
  /** Those of them that devices write into as well. */
  readonly sharedWays: string | null;
  /** A class has at least so many ways. */
  readonly waysMin: number;
  /**
   * The number of classes for limits of memory bandwidth; null where there are no such limits, or
   * unknown.
   */
  readonly bandwidthClasses: number | null;
}

/** A PCI function: a device, a bridge, or one port of a switch. */
export interface PciDevice {
  /** Full and lower case: `0000:1b:00.0`. Where the source has none, a stand-in (`stand-in.ts`). */
  readonly address: string;
  /** The bridge directly above; null on a root bus. */
  readonly parent: string | null;
  /** The host bridge it hangs below: `pci0000:15`. */
  readonly root: string;
  /**
   * Base class, subclass and programming interface, as far as known: `030200`, `0302`, `02`, and
   * nothing where the source does not tell.
   */
  readonly class: string;
  /** Four hexadecimal digits each: `10de`, `2330`. */
  readonly vendor: string | null;
  readonly device: string | null;
  readonly node: number | null;
  readonly iommuGroup: number | null;
  readonly driver: string | null;
  readonly link: PcieLink | null;
  /** The sizes of its memory BARs; null where nobody could read them. */
  readonly barBytes: readonly number[] | null;
  /** Of an SR-IOV virtual function, the address of its physical function. */
  readonly physicalFunction: string | null;
  /**
   * Whether access control (ACS) of a port sends traffic between devices below it up to the root
   * complex, instead of straight across the switch. A port without the capability does not.
   */
  readonly acsRedirect: boolean | null;
  /** Whether it may ask for translated addresses (ATS). Without that capability it may not. */
  readonly atsEnabled: boolean | null;
  /** Of an accelerator, a NIC or an NVMe drive. */
  readonly interrupts: Interrupts | null;
}

/** The CPUs of all interrupts of a device together; they change while a machine runs. */
export interface Interrupts {
  /** The online CPUs that they may be delivered to. */
  readonly allowedCpus: string;
  /** Those that they are delivered to now. */
  readonly effectiveCpus: string | null;
}

/** The current and highest speed and width of a PCIe link. */
export interface PcieLink {
  readonly speedGTs: number | null;
  readonly width: number | null;
  readonly maxSpeedGTs: number | null;
  readonly maxWidth: number | null;
}

/**
 * A GPU or another accelerator, or a part of one that is a PCI function of its own: an SR-IOV virtual
 * function, whose whole is the `physicalFunction` of its function in `pci`.
 */
export interface Accelerator {
  readonly address: string;
  /** What the chip is called, also of a part of it. */
  readonly model: string | null;
  readonly uuid: string | null;
  /** NVIDIA's module number on the baseboard, by which fabric partitions name GPUs. Not PCI order. */
  readonly moduleId: number | null;
  readonly memoryBytes: number | null;
  /**
   * The part of a physical accelerator that this function is, in its vendor's words: the vGPU type
   * set on a virtual function, or given to a guest (`NVIDIA A40-8C`). Null for a whole one, without
   * a type, and where unknown; `physicalFunction` tells whether it is whole.
   */
  readonly profile: string | null;
  /** Whether it can be cut into MIG instances now; null where it never can, or unknown. */
  readonly migEnabled: boolean | null;
  /** The parts it is cut into that have no PCI function, in the source's order. */
  readonly instances: readonly AcceleratorInstance[];
}

/**
 * A part of an accelerator that is no PCI function: a MIG instance, or of a GPU without virtual
 * functions a mediated device.
 */
export interface AcceleratorInstance {
  /** `1g.10gb`, `GRID T4-4Q`. */
  readonly profile: string | null;
  readonly uuid: string | null;
  readonly memoryBytes: number | null;
}

/** A network interface card. */
export interface Nic {
  readonly address: string;
  /** Its RDMA device where it has one (`mlx5_0`), otherwise its network interface (`eth0`). */
  readonly name: string | null;
  readonly rdma: boolean | null;
}

/** NVIDIA's or AMD's direct links. */
export type LinkKind = "nvlink" | "xgmi";

/** A direct connection of two accelerators beside PCIe, through an NVSwitch or not. */
export interface Link {
  /** The lower address of the two. */
  readonly a: string;
  readonly b: string;
  readonly kind: LinkKind;
  readonly lanes: number | null;
}

/** How two devices reach each other over PCI Express, nearest first; see `interconnect.ts`. */
export type PciInterconnect = "PIX" | "PXB" | "PHB" | "NODE" | "SYS";

/** A class stated by a text such as `nvidia-smi topo -m`, for two devices only. */
export interface StatedInterconnect {
  /** The lower address of the two. */
  readonly a: string;
  readonly b: string;
  readonly class: PciInterconnect;
}

/** A set of accelerators that an NVSwitch fabric can connect among themselves and to no others. */
export interface Partition {
  readonly id: number;
  readonly accelerators: readonly string[];
  readonly active: boolean | null;
}
