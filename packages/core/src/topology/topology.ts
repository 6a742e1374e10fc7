import type { Calibration } from "../calibration/calibration.ts";

/**
 * A Topology describes a machine, as far as it was read. It is the first document of the pipeline;
 * every reader, the synthetic language and the catalog produce it.
 *
 * It is plain data. CPU sets are Linux list strings, sizes are bytes, PCI addresses are full and in
 * lower case, and **an unknown value is null, never a default**.
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
  /** What is known of nodes whose numbers nobody told. By ascending lowest device. */
  readonly unnumberedNodes: readonly UnnumberedNode[];
  /**
   * ACPI's SLIT as the kernel shows it: rows are initiators; rows and columns are in the order of
   * `nodes`.
   */
  readonly distances: readonly (readonly number[])[] | null;
  readonly access: readonly Access[];
  /** By ascending lowest CPU; a core's id is its position. */
  readonly cores: readonly Core[];
  /** The L3 caches with a known size, ways or kernel id, by ascending id. */
  readonly l3Caches: readonly L3Cache[];
  readonly cacheAllocation: CacheAllocation | null;
  readonly offlineCpus: string;
  /** Bridges, switches and devices, by ascending address. */
  readonly pci: readonly PciDevice[];
  readonly accelerators: readonly Accelerator[];
  readonly nics: readonly Nic[];
  readonly links: readonly Link[];
  /**
   * The PCI Express classes that a source states, except those that follow from the devices' places
   * (`pci` and nodes); empty where all follow. By ascending addresses.
   */
  readonly interconnects: readonly StatedInterconnect[];
  readonly partitions: readonly Partition[];
  /**
   * What distance costs on this machine, as measured there; null where nobody measured. What it
   * tells of pairs of nodes is in `access` as well (`calibrated`).
   */
  readonly calibration: Calibration | null;
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

/**
 * A NUMA node. One without CPUs has `cpus: ""`, one without memory `memoryBytes: 0`, one without
 * huge pages `hugepages: []`; each of them is null where the source does not tell, which is not the
 * same.
 */
export interface MemoryNode {
  /** The kernel's number. */
  readonly id: number;
  /** The package whose CPUs it holds; null without CPUs or with those of several packages. */
  readonly package: number | null;
  /** Its online CPUs. */
  readonly cpus: string | null;
  readonly memoryBytes: number | null;
  /** Base memory that nobody used when it was read; it changes while a machine runs. */
  readonly freeBytes: number | null;
  /**
   * The size of faster memory that caches the node's memory and belongs to no node: the MCDRAM of a
   * Xeon Phi or the HBM of a Xeon Max in cache mode, DRAM before Optane in memory mode. Null where
   * there is none, or it is unknown.
   */
  readonly sideCacheBytes: number | null;
  readonly kind: MemoryKind | null;
  /** By ascending page size. */
  readonly hugepages: readonly HugepagePool[] | null;
}

/**
 * Devices that share a NUMA node whose number nobody told: their `node` is null. Two of these may
 * be one node, unless their CPUs are known and different.
 */
export interface UnnumberedNode {
  /** Addresses, ascending. */
  readonly devices: readonly string[];
  /** CPUs of the node, perhaps not all; null where they are unknown. */
  readonly cpus: string | null;
}

/** A node's huge pages of one size. */
export interface HugepagePool {
  readonly sizeBytes: number;
  readonly total: number;
  /** Null where the source does not contain it, as most recordings other than sysfs. */
  readonly free: number | null;
}

/** The cost of access to one node's memory from another's CPUs, from firmware or a measurement. */
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
  /** The kernel's `physical_package_id`; null where that is -1. */
  readonly package: number | null;
  /** Die, cluster and L3 are numbered over the whole machine by ascending lowest CPU. */
  readonly die: number | null;
  readonly cluster: number | null;
  readonly l3: number | null;
  readonly node: number | null;
  /**
   * The kind of core, 0 the fastest of the machine's kinds; null where nobody told. Cores of one
   * class run a program equally fast.
   */
  readonly class: number | null;
  readonly cpus: string;
}

/** An L3 cache, the last level on nearly every machine. */
export interface L3Cache {
  /** The number that cores refer to. */
  readonly id: number;
  readonly sizeBytes: number | null;
  /** Its associativity; cache allocation assigns ways. */
  readonly ways: number | null;
  /** The kernel's own number, which `schemata` of resctrl uses. */
  readonly kernelId: number | null;
}

/**
 * How L3 caches and memory bandwidth can be partitioned; null where resctrl is not mounted, or the
 * processor does not support it. https://docs.kernel.org/filesystems/resctrl.html
 */
export interface CacheAllocation {
  /** The number of classes of service, including the default class. */
  readonly classes: number;
  /** The ways that can be assigned, as a list: `0-10`. */
  readonly ways: string;
  /** The ways among them that devices also write into. */
  readonly sharedWays: string | null;
  /** The least number of ways of a class. */
  readonly waysMin: number;
  /**
   * The number of classes whose memory bandwidth can be limited; null where that is impossible or
   * unknown.
   */
  readonly bandwidthClasses: number | null;
}

/** A PCI function: a device, a bridge, or one port of a switch. */
export interface PciDevice {
  /** Full and lower case: `0000:1b:00.0`. A stand-in where the source has none (`stand-in.ts`). */
  readonly address: string;
  /** The bridge directly above; null on a root bus. */
  readonly parent: string | null;
  /** The host bridge above it: `pci0000:15`. */
  readonly root: string;
  /**
   * Base class, subclass and programming interface, as far as known: `030200`, `0302`, `02`, or
   * empty.
   */
  readonly class: string;
  /** Four hexadecimal digits each: `10de`, `2330`. */
  readonly vendor: string | null;
  readonly device: string | null;
  readonly node: number | null;
  readonly iommuGroup: number | null;
  readonly driver: string | null;
  readonly link: PcieLink | null;
  /** The sizes of its memory BARs; null where they are unknown. */
  readonly barBytes: readonly number[] | null;
  /** The address of an SR-IOV virtual function's physical function; null for any other function. */
  readonly physicalFunction: string | null;
  /**
   * Whether a port's access control (ACS) redirects traffic between two devices below it up to the
   * root complex, instead of straight across the switch. False for a port without the capability.
   */
  readonly acsRedirect: boolean | null;
  /** Whether it may request address translations (ATS). False without the capability. */
  readonly atsEnabled: boolean | null;
  /** Only for accelerators, NICs and NVMe drives. */
  readonly interrupts: Interrupts | null;
  /** What the host itself needs it for; null where no source says that it does. */
  readonly hostUse: HostUse | null;
}

export const hostUses = ["display", "boot-disk", "default-route"] as const;
/**
 * What a host needs a PCI function for: its own display, the disk that it boots from (the
 * controller), or its default route (the NIC).
 */
export type HostUse = (typeof hostUses)[number];

/** The CPUs of all interrupts of a device together; they change while a machine runs. */
export interface Interrupts {
  /** The online CPUs that they may be delivered to. */
  readonly allowedCpus: string;
  /** The CPUs that they are delivered to now. */
  readonly effectiveCpus: string | null;
}

/** A PCIe link's current and maximum speed and width. */
export interface PcieLink {
  readonly speedGTs: number | null;
  readonly width: number | null;
  readonly maxSpeedGTs: number | null;
  readonly maxWidth: number | null;
}

/**
 * A GPU or another accelerator, or an SR-IOV virtual function of one. A virtual function's entry in
 * `pci` names its GPU as `physicalFunction`.
 */
export interface Accelerator {
  readonly address: string;
  /** The chip's name; a virtual function has its GPU's. */
  readonly model: string | null;
  /** The name that the vendor's tool prints, as it prints it: `NVIDIA A100-SXM4-80GB`. */
  readonly productName: string | null;
  /**
   * The number that the vendor's tool has for it. Numbers have holes where the tool leaves out a
   * GPU, and need not be in PCI order.
   */
  readonly index: number | null;
  readonly uuid: string | null;
  /**
   * NVIDIA's module number on the baseboard, which fabric partitions refer to. Not in PCI order.
   */
  readonly moduleId: number | null;
  readonly memoryBytes: number | null;
  /** Whether it reaches its processor over NVLink-C2C, beside PCI Express (Grace Hopper). */
  readonly c2c: boolean | null;
  /**
   * The vendor's name for the part of a GPU that this function is: the vGPU type of a virtual
   * function, or the type that a guest was given (`NVIDIA A40-8C`). Null for a physical GPU, and
   * where no type is set or it is unknown; `physicalFunction` tells these apart.
   */
  readonly profile: string | null;
  /** Whether it is in MIG mode now; null where it has no MIG, or it is unknown. */
  readonly migEnabled: boolean | null;
  /** Its current parts that have no PCI function, in the source's order. */
  readonly instances: readonly AcceleratorInstance[];
}

/**
 * A part of an accelerator without a PCI function: a MIG instance, or a mediated device of a GPU
 * without virtual functions.
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
  /** Its network ports, in the source's order; null where nobody told. */
  readonly ports: readonly NicPort[] | null;
}

/** A port of a NIC, which is one network to NCCL. */
export interface NicPort {
  /** The RDMA device or the network interface; the ports of one card may have different ones. */
  readonly name: string | null;
  /** The number of the port on its RDMA device, from 1; null where it has none, or is unknown. */
  readonly port: number | null;
  readonly bytesPerSecond: number | null;
  /** The card's id as NCCL writes it, `0x84c36d000390fe7c`: ports of one card share it. */
  readonly guid: string | null;
}

/** NVIDIA's, AMD's or Intel's direct links. */
export type LinkKind = "nvlink" | "xgmi" | "xelink";

/** A direct connection of two accelerators beside PCIe, through an NVSwitch or not. */
export interface Link {
  /** The lower address of the two. */
  readonly a: string;
  readonly b: string;
  readonly kind: LinkKind;
  readonly lanes: number | null;
}

/** The interconnect classes over PCI Express, nearest first; see `interconnect.ts`. */
export type PciInterconnect = "PIX" | "PXB" | "PHB" | "NODE" | "SYS";

/**
 * A class that a source states for a pair of devices, such as the text of `nvidia-smi topo -m`.
 * Null where the source shows both devices and not this pair, as in a matrix that was cut: then the
 * class is unknown, even if one would follow from the devices' places.
 */
export interface StatedInterconnect {
  /** The lower address of the two. */
  readonly a: string;
  readonly b: string;
  readonly class: PciInterconnect | null;
}

/** A set of accelerators that an NVSwitch fabric can connect to each other and to no others. */
export interface Partition {
  readonly id: number;
  readonly accelerators: readonly string[];
  readonly active: boolean | null;
}
