import type { UntoldFact } from "../plan/refusal.ts";
import type { Remedy } from "../remedy/remedy.ts";

/** What a machine may need for its flavors, by its stable code; `docs/errors.md` lists the same. */
export const needCodes = {
  room: "the machine has room for VMs of the flavor once it is prepared",
  iommu: "the IOMMU is on, so that devices can be passed through",
  "iommu-passthrough": "the host's own devices go past the IOMMU",
  hugepages: "a node has as many huge pages as the flavors' VMs take there",
  "base-memory": "huge pages leave a node the base memory that the flavors' VMs take there",
  hugetlbfs: "a hugetlbfs is mounted for a page size, which libvirt needs",
  "isolated-cpus": "the kernel's scheduler leaves alone the CPUs that VMs are pinned to",
  "vfio-module": "the driver vfio-pci is there, or can be loaded",
  "vfio-driver": "a device that VMs get has the driver vfio-pci",
  kvm: "KVM can be used",
  hypervisor: "libvirt and QEMU are there, and new enough",
  "locked-memory": "QEMU alone may lock as much memory as a VM with devices needs",
} as const;

/** The code of a need. */
export type NeedCode = keyof typeof needCodes;

/** One thing that the machine needs: whether it is there, and what brings it about. */
export interface Need {
  readonly code: NeedCode;
  /** `unknown` where nobody told. */
  readonly state: "there" | "missing" | "unknown";
  /** False of what only makes the machine faster: without it the machine is prepared too. */
  readonly required: boolean;
  /** What it is about: `node 1`, `0000:1b:00.0`. */
  readonly subject: string;
  readonly needs: string;
  /** What was found; null where nobody told. */
  readonly has: string | null;
  /** What brings it about; null where it is there. The boot line may do it, which the text says. */
  readonly remedy: Remedy | null;
  /** Which input would tell where the state is unknown; null otherwise. */
  readonly tells: string | null;
}

/** How many VMs of a flavor the prepared machine has room for. */
export interface PromisedRoom {
  /** The flavor's name, or that of a VirtualMachine. */
  readonly flavor: string;
  readonly vms: number;
  /** How many are wanted; null for as many as fit. */
  readonly wanted: number | null;
  /** Whether there may be more: the count ended at its limit. */
  readonly atLeast: boolean;
  readonly signature: string | null;
  readonly signatureText: string | null;
  /** Why there is no room, as a sentence; null where there is some. */
  readonly reason: string | null;
  /** What nobody told of the machine and would decide. */
  readonly untold: readonly UntoldFact[];
}

/** The kernel's command line that the machine needs, without what has nothing to do with VMs. */
export interface BootLine {
  /** In order: `intel_iommu=on`. */
  readonly words: readonly string[];
  /** Words of the present command line that contradict these and have to go; null: not told. */
  readonly instead: readonly string[] | null;
  /** How to set it; null where no word is needed. */
  readonly remedy: Remedy | null;
}

/**
 * What a machine needs for its flavors: worked out from them and the machine, then held against
 * what is there. Nothing is changed by it.
 */
export interface Preparation {
  readonly apiVersion: "evenkeel/v1";
  readonly kind: "Preparation";
  readonly host: string;
  /** Whether all that is required is there; null where nobody told of something. */
  readonly prepared: boolean | null;
  readonly room: readonly PromisedRoom[];
  /** What the host keeps for itself, by its HostPolicy. */
  readonly keeps: {
    readonly cpus: string;
    /** Of base memory, on every node with memory. */
    readonly memoryPerNodeBytes: number;
  };
  readonly boot: BootLine;
  readonly needs: readonly Need[];
}
