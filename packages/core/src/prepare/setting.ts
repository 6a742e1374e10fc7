import type { HypervisorAnswer, KvmFacts } from "../preflight/facts.ts";

/** Systems by how their packages are installed and their boot line is set. */
export type SystemFamily = "debian" | "fedora";

/**
 * How a machine is set now, beside what its topology says. Null is a fact that its source does not
 * tell; only the machine itself tells them all.
 */
export interface HostSetting {
  readonly system: SystemFamily | null;
  /** As `uname -r` says it: `6.1.0-31-amd64`. */
  readonly kernelRelease: string | null;
  /** Options of the kernel's command line, in its order: `hugepagesz=1G`. */
  readonly bootOptions: readonly string[] | null;
  /** The CPUs that the kernel's scheduler leaves alone, as a list; empty where none is. */
  readonly isolatedCpus: string | null;
  /** Whether `/sys/class/iommu` lists an IOMMU. */
  readonly iommu: boolean | null;
  /** Whether vfio-pci is there or can be loaded. */
  readonly vfioPci: boolean | null;
  /** Whether the topology's drivers were read, so that null means a function without one. */
  readonly driversTold: boolean;
  /** Whether the command driverctl is installed. */
  readonly driverctl: boolean | null;
  /** The page sizes for which a hugetlbfs is mounted. */
  readonly hugetlbfsBytes: readonly number[] | null;
  readonly kvm: KvmFacts | null;
  readonly versions: HypervisorAnswer | null;
  /** How much memory QEMU alone may lock; null inside for no limit. */
  readonly lockable: { readonly bytes: number | null } | null;
}

/** Who tells a fact that only the machine itself has, and one that a snapshot of it has too. */
export const tellsHere = "run prepare on the machine itself";
export const tellsSnapshot = `${tellsHere}, or on a snapshot of it`;

/** Nothing is known of how a machine is set. */
export const untoldSetting: HostSetting = {
  system: null,
  kernelRelease: null,
  bootOptions: null,
  isolatedCpus: null,
  iommu: null,
  vfioPci: null,
  driversTold: false,
  driverctl: null,
  hugetlbfsBytes: null,
  kvm: null,
  versions: null,
  lockable: null,
};
