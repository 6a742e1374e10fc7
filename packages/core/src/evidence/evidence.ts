import type { BindingPromise } from "../binding/promise.ts";
import type { PcieLink } from "../topology/topology.ts";
import type { GuestReport } from "./guest-report.ts";
import type { MachineEvidence } from "./machine-evidence.ts";
import type { Unreadable } from "./unreadable.ts";

export const subjectKinds = ["vm", "process", "container", "machine"] as const;
/**
 * What evidence is about: a VM, which is its emulator's process; any process or container; or a
 * machine without any of them.
 */
export type SubjectKind = (typeof subjectKinds)[number];

/**
 * Facts about one running VM, process or container as the kernel, the hypervisor and the guest
 * report them, each with where it was read. It holds no judgement, and knows no plan.
 *
 * A fact that could not be read is null and listed in `unreadable` with the reason. An empty list
 * means that there is nothing; null means that nobody could look.
 */
export interface Evidence {
  readonly apiVersion: "evenkeel/v1";
  readonly kind: "Evidence";
  readonly of: SubjectKind;
  /** A VM's or container's name; `process 4711` for any other process. */
  readonly name: string;
  readonly host: string;
  /** When reading began, in UTC (`2026-01-31T12:00:00.000Z`), by the clock of whoever read. */
  readonly takenAt: string;
  readonly process: ProcessEvidence | null;
  readonly threads: readonly ThreadEvidence[] | null;
  /**
   * Of a VM, the mappings that hold the guest's memory, by ascending address, and no others; of any
   * other process all, those of one kind, policy and page size as one.
   */
  readonly memory: readonly MemoryMapping[] | null;
  /** Those that the threads are in, and those above that limit something, by path. */
  readonly cgroups: readonly CgroupEvidence[];
  readonly kernel: KernelEvidence;
  /** The host's nodes by id. */
  readonly nodes: readonly NodeEvidence[] | null;
  /** The host's cores, as lists of their CPUs. */
  readonly cores: readonly string[] | null;
  /**
   * Of every function that the plan names, companions too, or else that the subject has open, by
   * address.
   */
  readonly devices: readonly DeviceEvidence[];
  /** How the VM is put together, as each source tells it. */
  readonly shapes: readonly ShapeEvidence[];
  readonly guest: GuestReport | null;
  /** The machine around it; null where only the subject itself was read, as a verdict needs. */
  readonly machine: MachineEvidence | null;
  readonly unreadable: readonly Unreadable[];
}

/** The process: a VM's emulator, or the first process of a container. */
export interface ProcessEvidence {
  readonly pid: number;
  /**
   * When it started, in the kernel's clock ticks since boot. Its number may be another process's
   * later; number and start together never are.
   */
  readonly startTicks: number | null;
  readonly where: string;
  /** As its command line names the VM. */
  readonly name: string | null;
  readonly uuid: string | null;
  /** How many threads the kernel counts, so that one that was not read is missed. */
  readonly threadCount: number | null;
  /**
   * The VFIO files it has open: `/dev/vfio/40` is an IOMMU group, `/dev/vfio/devices/vfio3` a
   * device.
   */
  readonly vfioFiles: readonly string[] | null;
  /** What of its memory lies in huge pages of any kind; null where that was not read. */
  readonly hugeMemory: HugeMemory | null;
  /** How many of its pages are merged with equal ones (`ksm_merging_pages`). */
  readonly mergedPages: number | null;
  /** How much of its own memory is in the host's swap space. */
  readonly swappedBytes: number | null;
  /**
   * What `evenkeel exec` has bound it to, as `EVENKEEL_BINDING` among its variables tells. Null
   * where that is missing or malformed, and where its variables may not be read. Processes inherit
   * it, and one that writes over its variables to change its title loses it.
   */
  readonly binding: BindingPromise | null;
}

/** `/proc/PID/smaps_rollup`: memory that is there, and how much of it in large pages. */
export interface HugeMemory {
  readonly residentBytes: number;
  /** Anonymous memory, and the part of it in transparent huge pages. */
  readonly anonymousBytes: number;
  readonly anonymousHugeBytes: number;
  /** Memory of tmpfs and memfd in transparent huge pages. */
  readonly sharedHugeBytes: number;
}

/** What a thread of the VM's process does. */
export type ThreadRole =
  | { readonly kind: "vcpu"; readonly id: number }
  | { readonly kind: "iothread"; readonly id: number }
  | { readonly kind: "vhost" }
  | { readonly kind: "emulator" };

/** A thread of the VM's process, and where it may run. */
export interface ThreadEvidence {
  readonly tid: number;
  readonly where: string;
  readonly name: string | null;
  /** Its role in the VM; null where neither its name nor the monitor shows it. */
  readonly role: ThreadRole | null;
  readonly allowedCpus: string | null;
  readonly allowedNodes: string | null;
  /** Where it ran when it was looked at. */
  readonly lastCpu: number | null;
  /** The path of its cgroup with a cpuset controller. */
  readonly cgroup: string | null;
  /** How long it ran, and how long it was ready and waited for a CPU, since it was started. */
  readonly ranNs: number | null;
  readonly waitedNs: number | null;
}

export const memoryKinds = ["guest", "anonymous", "shared", "file"] as const;
/**
 * What a mapping is: memory of a VM's guest; private memory; memory shared by tmpfs or memfd; or
 * the page cache of a file, whose pages belong to every process that reads it.
 */
export type MappingKind = (typeof memoryKinds)[number];

/** One mapping of memory. */
export interface MemoryMapping {
  readonly kind: MappingKind;
  /** Its first address, hexadecimal, as `/proc/PID/maps` has it. */
  readonly start: string;
  readonly bytes: number;
  /** The memory backend that it is of. */
  readonly backend: string | null;
  /** The guest's node that it is memory of; null where that is unknown. */
  readonly cell: number | null;
  readonly policy: MemoryPolicy | null;
  /** The size of the pages that the mapping is made of. */
  readonly pageBytes: number | null;
  /** How much of it is there, by ascending node. */
  readonly onNodes: readonly { readonly node: number; readonly bytes: number }[];
  readonly where: string;
  /** The kernel's own words, without the name of a mapped file. */
  readonly line: string;
}

/** A policy as numa_maps states it: `bind:0`, `prefer:1`, `interleave:0-1`, `default`. */
export interface MemoryPolicy {
  readonly mode: string;
  readonly nodes: string;
}

/** A set is null where its file is missing or empty. */
export interface CgroupEvidence {
  readonly path: string;
  readonly where: string;
  readonly cpus: string | null;
  readonly effectiveCpus: string | null;
  readonly nodes: string | null;
  readonly effectiveNodes: string | null;
  /** What it limits beside CPUs and nodes; null where only its cpuset was read. */
  readonly limits: CgroupLimits | null;
}

/**
 * What a cgroup limits, and how often that took effect. A limit that is not set is null, as is one
 * that could not be read.
 */
export interface CgroupLimits {
  /** The time on CPUs in each period (`cpu.max`, `cpu.cfs_quota_us`). */
  readonly quota: { readonly quotaUs: number; readonly periodUs: number } | null;
  /** `cpu.stat`: the periods that were counted, and those in which the quota was used up. */
  readonly throttled: {
    readonly periods: number;
    readonly throttledPeriods: number;
    readonly throttledUs: number;
  } | null;
  /** `cpu.weight`, 100 by default; version 1's `cpu.shares` as the weight that it amounts to. */
  readonly cpuWeight: number | null;
  readonly memoryMaxBytes: number | null;
  readonly memoryHighBytes: number | null;
  readonly memoryBytes: number | null;
  /** What of that is the page cache of files, which can be given back at little cost. */
  readonly memoryCacheBytes: number | null;
  /** `memory.events`: how often a limit made it give pages back. */
  readonly memoryReclaims: number | null;
}

/** Settings of the whole host under which memory moves, merges or changes its pages. */
export interface KernelEvidence {
  /** `/sys/kernel/mm/ksm/run`: 0 off, 1 merging, 2 undoing. */
  readonly ksmRun: number | null;
  /** `/proc/sys/kernel/numa_balancing`: 0 off, 1 on, 2 tiering. */
  readonly numaBalancing: number | null;
  /** `always`, `madvise` or `never`. */
  readonly transparentHugepages: string | null;
}

/** A node of the host, and its online CPUs. */
export interface NodeEvidence {
  readonly id: number;
  readonly cpus: string;
}

/** A device that the plan names, as the host shows it now. */
export interface DeviceEvidence {
  readonly address: string;
  readonly where: string;
  /** Whether the host has such a function. */
  readonly present: boolean;
  readonly driver: string | null;
  readonly node: number | null;
  readonly iommuGroup: number | null;
  /** Every function of its group, itself included. */
  readonly groupMembers: readonly GroupMember[] | null;
  /** The file of the device itself, where VFIO has one: `/dev/vfio/devices/vfio3`. */
  readonly vfioFile: string | null;
  readonly link: PcieLink | null;
  /** Those that it raises by VFIO. */
  readonly interrupts: readonly InterruptEvidence[] | null;
  /** How its IOMMU group translates: `DMA`, `DMA-FQ`, `identity`; null where nothing tells. */
  readonly iommuDomain: string | null;
  /** Whether it may order its writes freely (PCIe Device Control). */
  readonly relaxedOrdering: boolean | null;
  /** The largest size of each resizable BAR; empty where none can be resized. */
  readonly barMaxBytes: readonly number[] | null;
  /** How much it asks for in one read (Max_Read_Request_Size of PCIe Device Control). */
  readonly maxReadBytes: number | null;
  /** Errors of its link that were repaired by sending again, since the machine was started. */
  readonly correctedErrors: number | null;
}

/** A function of an IOMMU group, and its driver. */
export interface GroupMember {
  readonly address: string;
  readonly driver: string | null;
  readonly bridge: boolean;
}

/** An interrupt of a passed-through device, and where it is delivered. */
export interface InterruptEvidence {
  readonly number: number;
  readonly allowedCpus: string | null;
  readonly effectiveCpus: string | null;
  /** How often it was raised, on all CPUs; with its line shared, by any device on it. */
  readonly raisedCount: number | null;
  /** The others on its line, as devices without message-signalled interrupts share them. */
  readonly sharedWith: readonly LineSharer[] | null;
}

/** Another device on an interrupt's line. */
export interface LineSharer {
  /** As its driver calls itself in /proc/interrupts: `ehci_hcd:usb1`, `vfio-intx(0000:21:00.0)`. */
  readonly name: string;
  readonly node: number | null;
}

export const shapeSources = ["command-line", "monitor", "libvirt"] as const;
/** Where a shape was read. */
export type ShapeSource = (typeof shapeSources)[number];

/** The make-up of a VM by one source: QEMU's command line, its monitor, or libvirt. */
export interface ShapeEvidence {
  readonly source: ShapeSource;
  readonly where: string;
  readonly cells: readonly ShapeCell[] | null;
  readonly devices: readonly ShapeDevice[] | null;
  readonly cpu: ShapeCpu | null;
  /** What the guest may use of its memory now; null without a balloon, or where it is unknown. */
  readonly balloon: { readonly actualBytes: number; readonly maxBytes: number } | null;
  /** Whether the guest is given a contract through fw_cfg. */
  readonly contract: boolean | null;
  /** How its memory is kept from the host: `tdx`, `sev`, `sev-snp`; `none` where it is not. */
  readonly confidential: string | null;
  /** Whether libvirt keeps a saved state of it; null of any other source. */
  readonly managedSave: boolean | null;
  readonly pins: ShapePins | null;
}

/** A guest node as the hypervisor has it. */
export interface ShapeCell {
  readonly id: number;
  readonly cpus: string;
  readonly backend: string | null;
  readonly memoryBytes: number | null;
  /** As the backend asks for it; mode `default` where it asks for none. */
  readonly policy: MemoryPolicy | null;
  /** The pages that its backend asks for; null where it asks for none of its own. */
  readonly pageBytes: number | null;
  readonly distances: readonly number[] | null;
}

/** The processor that the guest is shown. */
export interface ShapeCpu {
  readonly vcpus: number;
  /** `host-passthrough`, `host-model`, or the model's name as it is given: `Skylake-Server`. */
  readonly model: string | null;
  readonly sockets: number | null;
  readonly dies: number | null;
  /** In each die. */
  readonly cores: number | null;
  readonly threads: number | null;
  /** Features that are asked for or taken away by name: `topoext`, `avx512f`. */
  readonly features: readonly { readonly name: string; readonly on: boolean }[];
}

/** A passed-through device. */
export interface ShapeDevice {
  readonly hostAddress: string;
  /** The buses and ports above it, the nearest first; the last is an expander or the root. */
  readonly above: readonly string[];
  /** The guest's node that the expander belongs to; null on the root bus, which belongs to none. */
  readonly cell: number | null;
  /** What its root port says that the link can do, where that is given (`x-speed`, `x-width`). */
  readonly portSpeedGTs: number | null;
  readonly portWidth: number | null;
}

/** Where libvirt says that threads are to run. */
export interface ShapePins {
  readonly vcpus: readonly { readonly id: number; readonly cpus: string }[];
  readonly emulator: string | null;
  readonly iothreads: readonly { readonly id: number; readonly cpus: string }[];
}
