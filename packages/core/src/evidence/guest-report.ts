import type { PcieLink } from "../topology/topology.ts";
import type { AcceleratorState } from "./machine-evidence.ts";
import type { Unreadable } from "./unreadable.ts";

/** What a guest reports of itself from inside. */
export interface GuestReport {
  readonly apiVersion: "evenkeel/v1";
  readonly kind: "GuestReport";
  /** The guest's root that was read: `/`, or how the report came. */
  readonly where: string;
  /** As `uname -r` says it. */
  readonly kernel: string | null;
  /** By what its kernel tells the time: `tsc`, `kvm-clock`, `hpet`. */
  readonly clocksource: string | null;
  /** By id. */
  readonly nodes: readonly GuestNode[] | null;
  /** Every PCI function that is no bridge, by address. */
  readonly devices: readonly GuestDevice[] | null;
  readonly hugepages: readonly GuestHugepages[];
  readonly cpu: GuestProcessor | null;
  /** Its PCI ports: what each says that its link is, and whether it redirects peers (ACS). */
  readonly ports: readonly GuestPort[] | null;
  /** The contract as the guest found it; null where it found none. */
  readonly contract: GuestContractFound | null;
  /** The topology file that is meant for NCCL; null where there is none. */
  readonly nccl: GuestNccl | null;
  /** What NCCL's own log says of direct copies between NIC and GPU; null without a log. */
  readonly gpuDirect: GuestGpuDirect | null;
  /** The network that NCCL uses, in its log's word: `IB`, `Socket`; null without a log. */
  readonly ncclNetwork: string | null;
  /** What its vendor's tool says of its accelerators. */
  readonly accelerators: readonly AcceleratorState[] | null;
  readonly unreadable: readonly Unreadable[];
}

/** A NUMA node as the guest sees it. */
export interface GuestNode {
  readonly id: number;
  readonly cpus: string;
  readonly memoryBytes: number | null;
  /** To every node in order, its own included. */
  readonly distances: readonly number[] | null;
}

/** A PCI function as the guest sees it. */
export interface GuestDevice {
  /** The guest's own. */
  readonly address: string;
  readonly vendor: string | null;
  readonly device: string | null;
  /** Null where the guest's kernel says -1. */
  readonly node: number | null;
  readonly link: PcieLink | null;
  /** Its memory BARs, except those that the kernel gave up altogether. */
  readonly bars: readonly GuestBar[] | null;
}

/** A memory BAR of a function, and whether the guest found an address for it. */
export interface GuestBar {
  readonly bytes: number;
  readonly assigned: boolean;
}

/** The guest's processor as its kernel sees it. */
export interface GuestProcessor {
  readonly model: string | null;
  readonly sockets: number | null;
  readonly coresPerSocket: number | null;
  readonly threadsPerCore: number | null;
  /** Of the flags of /proc/cpuinfo, those of vector units and of topology: `avx2`, `topoext`. */
  readonly flags: readonly string[] | null;
}

/** A PCI bridge of the guest. */
export interface GuestPort {
  readonly address: string;
  readonly link: PcieLink | null;
  readonly acsRedirect: boolean | null;
  /** The functions on the bus below it, bridges too. */
  readonly below: readonly string[];
}

/** The guest's own huge pages of one size. */
export interface GuestHugepages {
  readonly node: number;
  readonly sizeBytes: number;
  readonly total: number;
  readonly free: number | null;
}

/** The contract that the guest found. */
export interface GuestContractFound {
  readonly where: string;
  /** The digest of its bytes; null where no program in the guest could compute it. */
  readonly sha256: string | null;
}

/** A topology file that is meant for NCCL in the guest. */
export interface GuestNccl {
  readonly file: string;
  /** Null where the file is missing, or no program in the guest could compute it. */
  readonly sha256: string | null;
  /** What names it: `NCCL_TOPO_FILE`, or whose path it lies at: `nvidia-topologyd`. */
  readonly from: string;
  /**
   * Whether NCCL takes it. False for a file that is named and missing, and for one that lies where
   * Evenkeel puts it and that nothing names.
   */
  readonly inForce: boolean | null;
  /** The slowest link that it states between a processor and an accelerator; null where unread. */
  readonly slowestLink: { readonly speedGTs: number; readonly width: number } | null;
}

/** Whether NCCL lets NICs copy from and to GPUs directly, in its own words. */
export interface GuestGpuDirect {
  readonly enabled: boolean;
  readonly why: string;
}
