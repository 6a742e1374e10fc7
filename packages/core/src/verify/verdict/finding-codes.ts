/**
 * Every kind of finding, by its stable code; `docs/errors.md` lists the same, and a test compares
 * the two.
 */
export const findingCodes = {
  "memory-off-node": "memory of a cell lies on a node that the plan does not give it",
  "memory-split": "memory of a cell is spread over its nodes in other shares than planned",
  "memory-unallocated": "memory of a cell has no pages yet, so it may still go anywhere",
  "memory-policy": "a cell has another memory policy in the kernel than planned, or none",
  "page-size": "memory of a cell is in pages of another size than planned",
  "vcpu-affinity": "a vCPU's thread may run on other CPUs than planned",
  "vcpu-cpu-shared": "another thread of the VM may run on a vCPU's core",
  "emulator-affinity": "a thread of the emulator may run on other CPUs than planned",
  "iothread-affinity": "an iothread may run on other CPUs than planned",
  "cpuset-shrunk": "a cgroup leaves out CPUs or nodes that the plan needs",
  "pins-differ": "libvirt's definition pins a thread to other CPUs than planned",
  "device-missing": "the host has lost a device of the plan, or the VM does not have it",
  "device-driver": "a device of the plan is not bound to VFIO",
  "iommu-group-incomplete":
    "a device's IOMMU group is not the plan's, or the host uses a part of it",
  "device-node": "the guest sees a device on another node than planned, or on none",
  "vnuma-missing": "the guest sees no NUMA nodes",
  "vnuma-cells": "the guest's nodes have other CPUs or memory than planned",
  "vnuma-distances": "the guest sees other distances than planned",
  "contract-missing": "the guest has no contract, or does not find it",
  "contract-other": "the contract in the guest is not the one of this plan",
  "link-slow": "a device's PCIe link runs below what the plan counts on",
  "irq-affinity": "a device's interrupts go to CPUs of other nodes",
  "autonuma-on": "NUMA balancing is on: the kernel moves memory between nodes",
  "ksm-on": "the kernel merges equal pages",
  "guest-hugepages":
    "huge pages in the guest are larger than the host's behind them, or missing on a node",
  "binding-threads": "threads of a bound command may run on other CPUs than it is bound to",
  "binding-memory": "memory of a bound command lies on other nodes than it is bound to",
  "binding-policy": "the next memory of a bound command may come from other nodes",
  "nccl-file": "the NCCL topology file in force in the guest is not the one of its contract",
} as const;

/** The code of a finding. */
export type FindingCode = keyof typeof findingCodes;
