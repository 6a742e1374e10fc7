/** What stands in the way of a start, by its stable code; `docs/errors.md` lists the same. */
export const preflightCodes = {
  "plan-outdated":
    "the plan does not match the current state of this machine, or its resources are not free",
  "name-taken": "a VM of that name or UUID already exists",
  "hugepages-not-free": "fewer huge pages are free on a node than the plan has there",
  "memory-not-free": "less memory is free on a node than the plan has there",
  "hugetlbfs-not-mounted": "no hugetlbfs is mounted for the plan's page size",
  "cpus-not-online": "CPUs of the plan are not online",
  "cgroup-cpus": "a cgroup does not allow CPUs of the plan",
  "cgroup-nodes": "a cgroup does not allow memory nodes of the plan",
  "device-absent": "a device of the plan is missing",
  "device-busy": "a device of the plan, or a companion of it, is in use",
  "iommu-off": "the host has no IOMMU, or it is off, so no device can be passed through",
  "iommu-group-shared": "a device's IOMMU group has a function that the plan leaves out",
  "vfio-missing": "the driver vfio-pci is missing and cannot be loaded",
  "kvm-unusable": "KVM cannot be used",
  "address-bits-short": "the guest needs wider physical addresses than the host's CPUs have",
  "memlock-short": "QEMU may not lock as much memory as passing a device through takes",
  "hypervisor-missing": "the hypervisor is missing, or does not answer",
  "hypervisor-old": "the hypervisor is older than what the plan's rendering needs",
  "numa-balancing-on": "the kernel moves pages between nodes automatically",
  "ksm-on": "the kernel merges equal pages, even across nodes",
  "domains-unknown": "VMs run on this host whose resources Evenkeel does not know",
} as const;

export type PreflightCode = keyof typeof preflightCodes;

export interface PreflightProblem {
  readonly code: PreflightCode;
  /** An error refuses the start; a warning does not. */
  readonly severity: "error" | "warning";
  /** What it is about: `node 1`, `0000:52:01.0`. */
  readonly subject: string;
  readonly needs: string;
  readonly has: string;
  /** The command that mends it, or what to do where no command does. */
  readonly remedy: string;
}

/** Why a start is refused before anything was touched: all that stands in the way, and what else was seen. */
export interface PreflightReport {
  readonly apiVersion: "evenkeel/v1";
  readonly kind: "Preflight";
  readonly vm: string;
  readonly host: string;
  readonly ready: boolean;
  readonly problems: readonly PreflightProblem[];
}
