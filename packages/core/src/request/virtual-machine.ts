/**
 * What a user asks for, as written: sizes are Kubernetes quantities and anything may be left to
 * the flavor or to the defaults. `resolveRequest` turns it into a Request.
 */
export interface VirtualMachine {
  readonly apiVersion: "evenkeel/v1";
  readonly kind: "VirtualMachine";
  readonly metadata: { readonly name: string; readonly tenant?: string | undefined };
  readonly spec: VirtualMachineSpec & { readonly flavor?: string | undefined };
}

/** A named spec that is sold. Once sold, `signature` is the class of placements every VM of it gets. */
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
  readonly workload?: Workload | undefined;
}

/** How the accelerators must be connected: `nvlink` every pair directly, `switch` every pair below one PCIe switch. */
export const linkDemands = ["any", "nvlink", "switch"] as const;
/** How the accelerators must be connected. */
export type LinkDemand = (typeof linkDemands)[number];

export const hugepageDemands = ["none", "2Mi", "1Gi"] as const;
/** The size of the pages that back the memory. */
export type HugepageDemand = (typeof hugepageDemands)[number];

/** Whether cores and memory must lie on the cells' own nodes, should, or are spread over all. */
export const localities = ["strict", "preferred", "interleave"] as const;
/** Where cores and memory may lie. */
export type Locality = (typeof localities)[number];

/** What no other VM may share: nothing, a core, a last-level cache, a memory node, the host. */
export const isolations = ["shared", "core", "l3", "node", "host"] as const;
/** What no other VM may share. */
export type Isolation = (typeof isolations)[number];

/** Which costs weigh most; see `cost/workload.ts`. */
export const workloads = ["inference", "training", "staging", "compute"] as const;
/** What the VM is for, which decides how costs are weighed. */
export type Workload = (typeof workloads)[number];
