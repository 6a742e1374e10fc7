/**
 * What can be otherwise than a plan says, by its stable code. `docs/errors.md` lists the same codes,
 * and a test holds the two together.
 */
export const findingCodes = {
  "memory-off-node": "memory of a cell lies on a node that the plan does not give it",
  "memory-split": "memory of a cell is split over its nodes differently than planned",
  "memory-unallocated": "memory of a cell is not allocated yet, so it may come from any node",
  "memory-policy": "the kernel's memory policy of a cell differs from the plan or is missing",
  "page-size": "memory of a cell is in pages of another size than planned",
  "vcpu-affinity": "a vCPU's thread may run on other CPUs than planned",
  "vcpu-cpu-shared": "a thread of the VM other than a vCPU may run on a vCPU's core",
  "emulator-affinity": "a thread of the emulator may run on other CPUs than planned",
  "iothread-affinity": "an iothread may run on other CPUs than planned",
  "cpuset-shrunk": "a cgroup leaves out CPUs or nodes that the plan needs",
  "pins-differ": "libvirt's definition pins a thread differently than planned",
  "device-missing": "a device of the plan is missing on the host or in the VM",
  "device-driver": "a device of the plan is not bound to VFIO",
  "iommu-group-incomplete":
    "a device's IOMMU group differs from the plan, or the host uses a part of it",
  "device-node": "the guest is shown a device on another node than planned, or on none",
  "vnuma-missing": "the guest is shown no NUMA nodes",
  "vnuma-cells": "the guest's nodes have other CPUs or memory than planned",
  "vnuma-distances": "the guest is shown other distances than planned",
  "contract-missing": "the guest is given no contract, or does not find it",
  "contract-other": "the contract in the guest is not the contract of this plan",
  "link-slow": "a device's PCIe link is slower or narrower than in the plan",
  "irq-affinity": "a device's interrupts go to CPUs that are not its node's",
  "autonuma-on": "the kernel moves memory between nodes automatically",
  "ksm-on": "the kernel merges equal pages",
  "guest-hugepages":
    "huge pages in the guest differ from the pages that back them, or lie on only some of its nodes",
  "nccl-file": "the guest uses another NCCL topology file than the one of its contract",
} as const;

export type FindingCode = keyof typeof findingCodes;
