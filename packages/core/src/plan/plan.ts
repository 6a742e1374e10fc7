import type { PlanCost } from "../cost/plan-cost.ts";
import type { Isolation, Locality, Workload } from "../request/virtual-machine.ts";
import { isBuiltIn, type Profile } from "../request/workload-profile.ts";
import { type IndexSet, indexSet, unionAll } from "../set/index-set.ts";
import { setOf } from "../set/list-format.ts";
import type { Link, PcieLink } from "../topology/topology.ts";
import { MiB } from "../unit/bytes.ts";

/**
 * The placement of a VM, decided once and stored. Every rendering is derived from it and every
 * later finding is held against it, so it carries all that they need, without the topology that it
 * was made on.
 */
export interface Plan {
  readonly apiVersion: "evenkeel/v1";
  readonly kind: "Plan";
  readonly vm: string;
  readonly tenant: string | null;
  readonly host: string;
  readonly topologyDigest: string;
  readonly flavor: string | null;
  readonly locality: Locality;
  readonly isolation: Isolation;
  /** What it is for, by its name; null in plans from before this field. */
  readonly workload: string | null;
  /** What a workload of its own moves; null of a built-in one. */
  readonly profile: Profile | null;
  /** The architecture of host and guest: `x86_64`, `aarch64`; null where unknown. */
  readonly architecture: string | null;
  /** The host's CPU model, as the kernel names it: a guest's settings depend on the vendor. */
  readonly cpuModel: string | null;
  /** The guest's threads per core; the vCPUs of one core follow each other in `vcpus`. */
  readonly threadsPerCore: number;
  /** A cell's id is its position, and the guest's node number. */
  readonly cells: readonly Cell[];
  /** Between the cells' host nodes, in the cells' order; null where the host has none. */
  readonly distances: readonly (readonly number[])[] | null;
  /** The CPUs that the emulator's own threads run on. */
  readonly emulatorCpus: string;
  readonly iothreads: readonly IoThread[];
  /** Accelerators, then NICs, each by address. */
  readonly devices: readonly PlanDevice[];
  /**
   * Direct links between the accelerators, by host address, each once; null in plans from before
   * this field.
   */
  readonly links: readonly Link[] | null;
  /** The fabric partition of the accelerators; null without one. */
  readonly partition: number | null;
  readonly signature: string;
  readonly signatureText: string;
  readonly cost: PlanCost;
  /** Sentences that say why this place and not the runner-up. */
  readonly reasons: readonly string[];
}

/** The parts of a plan that its layout decides: all that a guest could notice. */
export type PlanParts = Pick<
  Plan,
  "isolation" | "threadsPerCore" | "cells" | "devices" | "partition"
>;

/** A guest NUMA node and the host node that it stands for. */
export interface Cell {
  readonly id: number;
  readonly hostNode: number;
  readonly memoryNodes: string;
  readonly memoryPolicy: Locality;
  readonly memoryBytes: number;
  /** The memory on each of `memoryNodes`, by ascending node; the sum is `memoryBytes`. */
  readonly memoryOnNodes: readonly { readonly node: number; readonly bytes: number }[];
  readonly pageBytes: number;
  readonly vcpus: readonly Vcpu[];
  readonly accelerators: readonly string[];
  readonly nics: readonly string[];
}

/**
 * A vCPU with the host CPU it is pinned to or, under isolation `shared`, the CPUs it floats over.
 */
export type Vcpu =
  | { readonly id: number; readonly cpu: number }
  | { readonly id: number; readonly cpus: string };

/** A thread of the emulator that does disk I/O, and the CPUs it may run on. */
export interface IoThread {
  /** From 1, as libvirt counts them. */
  readonly id: number;
  readonly cpus: string;
}

/** A device that is passed through, with the facts that renderings need. */
export interface PlanDevice {
  readonly address: string;
  readonly kind: "accelerator" | "nic";
  readonly model: string | null;
  readonly vendor: string | null;
  readonly device: string | null;
  /** Its PCI class; null where the host does not know it, and in plans from before this field. */
  readonly class: string | null;
  /** Its host node; null where the host does not know it. */
  readonly node: number | null;
  /** The guest cell that it belongs to. */
  readonly cell: number;
  readonly root: string;
  /** The upstream port of the PCIe switch it hangs below; null below a root port. */
  readonly switch: string | null;
  /**
   * All switches above it, nearest first: `switch` is the first. Null in plans from before this
   * field.
   */
  readonly switches: readonly PlanSwitch[] | null;
  readonly barBytes: readonly number[] | null;
  readonly link: PcieLink | null;
  /**
   * The vGPU type of a virtual function, `NVIDIA L40S-12Q`. It stays with its vendor's driver,
   * which is what makes it that vGPU and hands it to VFIO. Null of every other device, and in plans
   * from before this field.
   */
  readonly profile: string | null;
  /** The other functions of its IOMMU group, which go with it. Bridges stay with the host. */
  readonly companions: readonly string[];
}

/** The functions that go with a device: its own, then its companions. */
export function functionsOf({
  address,
  companions,
}: Pick<PlanDevice, "address" | "companions">): readonly string[] {
  return [address, ...companions];
}

/** What a plan's VM is for; null where nobody told, or a later release knows more workloads. */
export function workloadOfPlan({
  workload,
  profile,
}: Pick<Plan, "workload" | "profile">): Workload | Profile | null {
  return profile ?? (workload !== null && isBuiltIn(workload) ? workload : null);
}

/** The CPUs of a plan's vCPUs, pinned or floating. */
export function cpusOfPlan({ cells }: Pick<Plan, "cells">): IndexSet {
  const vcpus = cells.flatMap((cell) => cell.vcpus);
  return unionAll(vcpus.map((vcpu) => ("cpu" in vcpu ? indexSet([vcpu.cpu]) : setOf(vcpu.cpus))));
}

/** A PCIe switch of the host. */
export interface PlanSwitch {
  /** The address of its upstream port, whose link leads towards the CPU. */
  readonly address: string;
  readonly link: PcieLink | null;
}

/**
 * Pages of at least 2 MiB are huge: base pages are at most 64 KiB on every architecture of Linux.
 */
export function isHugepage(pageBytes: number): boolean {
  return pageBytes >= 2 * MiB;
}
