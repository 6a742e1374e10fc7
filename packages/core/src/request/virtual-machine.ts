/**
 * A user's request as written: sizes are Kubernetes quantities, and any field may be left to the
 * flavor or to the defaults. `resolveRequest` turns it into a Request.
 */
export interface VirtualMachine {
  readonly apiVersion: "evenkeel/v1";
  readonly kind: "VirtualMachine";
  readonly metadata: { readonly name: string; readonly tenant?: string | undefined };
  readonly spec: VirtualMachineSpec & { readonly flavor?: string | undefined };
}

/**
 * A named spec that an operator sells. Once sold, all its VMs get placements of its `signature`.
 */
export interface Flavor {
  readonly apiVersion: "evenkeel/v1";
  readonly kind: "Flavor";
  readonly metadata: { readonly name: string };
  readonly spec: VirtualMachineSpec;
  readonly signature?: string | null | undefined;
}

/** The fields of a request, as a VM or its flavor states them. */
export interface VirtualMachineSpec {
  readonly accelerators?:
    | {
        readonly count?: number | undefined;
        readonly model?: string | undefined;
        readonly link?: LinkDemand | undefined;
      }
    | undefined;
  readonly nics?:
    | { readonly count?: number | undefined; readonly rdma?: boolean | undefined }
    | undefined;
  readonly vcpus?: number | undefined;
  readonly memory?: string | undefined;
  readonly hugepages?: HugepageDemand | undefined;
  readonly locality?: Locality | undefined;
  readonly isolation?: Isolation | undefined;
  /** A built-in workload, or the name of a WorkloadProfile. */
  readonly workload?: string | undefined;
}

/**
 * The connection of every pair of accelerators: `nvlink` direct, `switch` below one PCIe switch.
 */
export const linkDemands = ["any", "nvlink", "switch"] as const;
/** How the accelerators must be connected. */
export type LinkDemand = (typeof linkDemands)[number];

export const hugepageDemands = ["none", "2Mi", "1Gi"] as const;
/** The size of the pages that back the memory. */
export type HugepageDemand = (typeof hugepageDemands)[number];

/** Cores and memory must lie on the cells' own nodes, should lie there, or are interleaved. */
export const localities = ["strict", "preferred", "interleave"] as const;
/** Where cores and memory may lie. */
export type Locality = (typeof localities)[number];

/** What the VM shares with no other: nothing, its cores, last-level caches, nodes, or the host. */
export const isolations = ["shared", "core", "l3", "node", "host"] as const;
/** What no other VM may share. */
export type Isolation = (typeof isolations)[number];

/** The kind of work, which weighs the costs (`cost/workload.ts`). */
export const workloads = ["inference", "training", "staging", "compute"] as const;
/** What the VM is for, which decides how costs are weighed. */
export type Workload = (typeof workloads)[number];
