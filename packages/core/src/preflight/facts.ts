import type { HugepagePool } from "../topology/topology.ts";
import type { Holding } from "../plan/holding.ts";

/**
 * What a host has now that a start may need, as its kernel and hypervisor report it. A fact that
 * could not be read is null, and no problem here: the hypervisor finds out.
 */
export interface HostFacts {
  readonly nodes: readonly NodeFacts[];
  /** The page sizes for which a hugetlbfs is mounted. */
  readonly hugetlbfsBytes: readonly number[] | null;
  readonly onlineCpus: string | null;
  /** The cgroups that the VM's threads will be below, the root first. */
  readonly cgroups: readonly CgroupFacts[];
  readonly devices: readonly DeviceFacts[];
  /** Whether an IOMMU is on: `/sys/class/iommu` lists one. */
  readonly iommu: boolean | null;
  /** Whether vfio-pci is there or can be loaded. */
  readonly vfioPci: boolean | null;
  readonly kvm: KvmFacts;
  /** How wide the CPU's physical addresses are. */
  readonly addressBits: number | null;
  /** How much memory QEMU may lock; null for no limit, or where it is not ours to set. */
  readonly lockableBytes: number | null;
  readonly versions: HypervisorAnswer;
  /** The image of the guest's firmware, where it is not the hypervisor that finds one. */
  readonly firmware: FirmwareFacts | null;
  readonly numaBalancing: number | null;
  readonly ksmRun: number | null;
  readonly domains: readonly DomainFacts[] | null;
  /** What the VMs that run on the host hold. */
  readonly held: readonly Holding[];
  /** VMs that run on the host, or may, and what they hold is unknown. */
  readonly unreadable: readonly UnreadableVm[];
  /** The process of an emulator that has the VM's UUID already. */
  readonly emulatorPid: number | null;
}

export interface NodeFacts {
  readonly id: number;
  /** Free, or given back on demand; huge pages are not counted. */
  readonly availableBytes: number | null;
  /** Null where the pools of this node could not be read. */
  readonly hugepages: readonly HugepagePool[] | null;
}

export interface CgroupFacts {
  readonly path: string;
  /** Where `cpuset.cpus` and `cpuset.mems` of it are. */
  readonly folder: string;
  /** Effective. */
  readonly cpus: string | null;
  readonly nodes: string | null;
}

/** A function of the plan, or one that shares its IOMMU group. */
export interface DeviceFacts {
  readonly address: string;
  readonly present: boolean;
  readonly bridge: boolean;
  readonly driver: string | null;
  readonly iommuGroup: number | null;
  /** Every function of its group, itself included. */
  readonly groupMembers: readonly string[];
  /** What on the host is using it, in words: `network interface eth0 is up`. */
  readonly users: readonly string[];
}

/** Whether KVM is there, for this user. */
export interface KvmFacts {
  readonly present: boolean;
  /** Why it cannot be used, or null where it can. */
  readonly unusable: string | null;
}

export interface FirmwareFacts {
  readonly file: string;
  readonly present: boolean;
}

/** A VM that libvirt knows. */
export interface DomainFacts {
  readonly name: string;
  readonly uuid: string;
  readonly running: boolean;
  /** Whether Evenkeel has started it, so that its plan is known. */
  readonly known: boolean;
  /** The host's functions that are passed to it. */
  readonly devices: readonly string[];
}

/** What runs on the host and nobody could read: a VM, or processes that may be VMs. */
export interface UnreadableVm {
  readonly name: string;
  readonly why: string;
  /**
   * A VM; processes that say so, as any process can; or processes of which only their users are
   * known.
   */
  readonly seenAs: "vm" | "claim" | "process";
}

/** The versions that the hypervisor reports; null where it does not answer. */
export interface HypervisorAnswer {
  readonly libvirt: string | null;
  readonly qemu: string | null;
  /** The words with which libvirt refuses this user; null where it does not. */
  readonly refusal: string | null;
}
