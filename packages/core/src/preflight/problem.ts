import type { Remedy } from "../remedy/remedy.ts";

/** What stands in the way of a start, by its stable code; `docs/errors.md` lists the same. */
export const preflightCodes = {
  "plan-outdated": "the plan is not for this machine as it is, or what it takes is not free",
  "name-taken": "the name or UUID of the VM is in use",
  "hugepages-not-free": "fewer huge pages are free on a node than the plan has there",
  "memory-not-free": "less memory is free on a node than the plan has there",
  "hugetlbfs-not-mounted": "no hugetlbfs is mounted for the plan's page size",
  "cpus-not-online": "CPUs of the plan are not online",
  "cgroup-cpus": "a cgroup does not allow CPUs of the plan",
  "cgroup-nodes": "a cgroup does not allow memory nodes of the plan",
  "device-absent": "a device of the plan is not there",
  "device-busy": "a device of the plan, or a companion of one, is in use",
  "iommu-off": "the host's IOMMU is off, so no device can be passed through",
  "iommu-group-shared": "a device's IOMMU group has a function that the plan leaves out",
  "vfio-missing": "the driver vfio-pci is missing and cannot be loaded",
  "kvm-unusable": "KVM cannot be used",
  "address-bits-short": "the guest needs wider physical addresses than the host's CPUs have",
  "memlock-short": "QEMU may not lock as much memory as a passed-through device needs",
  "hypervisor-missing": "the hypervisor is not there, or does not answer",
  "hypervisor-old": "the hypervisor is older than the plan's rendering needs",
  "firmware-missing": "the guest's firmware is not on this host",
  "numa-balancing-on": "NUMA balancing is on: the kernel moves pages between nodes",
  "ksm-on": "the kernel merges equal pages, also of different nodes",
  "cpus-shared": "a VM that Evenkeel has not placed may run on CPUs of the plan",
  "domains-unknown": "a VM runs here, or may, and nobody can read what it holds",
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
  readonly remedy: Remedy;
}

/**
 * What was found before a start, when nothing is touched yet: errors refuse it, warnings do not.
 */
export interface PreflightReport {
  readonly apiVersion: "evenkeel/v1";
  readonly kind: "Preflight";
  readonly vm: string;
  readonly host: string;
  readonly ready: boolean;
  readonly problems: readonly PreflightProblem[];
}
