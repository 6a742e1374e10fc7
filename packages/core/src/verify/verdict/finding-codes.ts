/**
 * What can be otherwise than a plan says, by its stable code. `docs/errors.md` lists the same codes,
 * and a test holds the two together.
 */
export const findingCodes = {
  "memory-off-node": "memory of a cell lies on a node that the plan does not give it",
  "memory-split": "memory of a cell is spread over its nodes otherwise than planned",
  "memory-unallocated": "memory of a cell is not there yet, so that it may still go anywhere",
  "memory-policy": "the kernel's memory policy of a cell is another than planned, or none",
  "page-size": "memory of a cell is in pages of another size than planned",
  "vcpu-affinity": "a vCPU's thread may run on other CPUs than planned",
  "vcpu-cpu-shared": "a thread of the VM that is no vCPU may run on a vCPU's core",
  "emulator-affinity": "a thread of the emulator may run on other CPUs than planned",
  "iothread-affinity": "an iothread may run on other CPUs than planned",
  "cpuset-shrunk": "a cgroup leaves out CPUs or nodes that the plan needs",
  "pins-differ": "libvirt's definition pins a thread otherwise than planned",
  "device-missing": "a device of the plan is not there, or the VM does not have it",
  "device-driver": "a device of the plan is not bound to VFIO",
  "iommu-group-incomplete":
    "a device's IOMMU group is not the plan's, or the host uses a part of it",
  "device-node": "the guest is shown a device on another node than planned, or on none",
  "vnuma-missing": "the guest is shown no NUMA nodes",
  "vnuma-cells": "the guest's nodes have other CPUs or memory than planned",
  "vnuma-distances": "the guest is shown other distances than planned",
  "contract-missing": "the guest is given no contract, or does not find it",
  "contract-other": "the contract in the guest is not the text that this plan makes",
  "link-slow": "a device's PCIe link runs below what the plan counts on",
  "irq-affinity": "a device's interrupts go to CPUs that are not its node's",
  "autonuma-on": "the kernel moves memory between nodes by itself",
  "ksm-on": "the kernel merges pages that are alike",
  "guest-hugepages": "huge pages in the guest are not backed alike, or lie on a part of its nodes",
  "nccl-file": "the NCCL topology file in force in the guest is not the one of its contract",
} as const;

export type FindingCode = keyof typeof findingCodes;
