import type { Isolation, LinkDemand, Locality, Workload } from "./virtual-machine.ts";
import type { Profile } from "./workload-profile.ts";

/** A VirtualMachine with its flavor applied, its defaults filled in and its sizes in bytes. */
export interface Request {
  readonly name: string;
  readonly tenant: string | null;
  readonly flavor: string | null;
  /** The flavor's signature, if it is sold or pinned: its VMs get placements of this signature. */
  readonly signature: string | null;
  readonly accelerators: {
    readonly count: number;
    /**
     * A part of the model's name, matched without regard to case, or its PCI vendor and device
     * (`10de:2330`); null takes any.
     */
    readonly model: string | null;
    readonly link: LinkDemand;
  };
  readonly nics: { readonly count: number; readonly rdma: boolean };
  readonly vcpus: number;
  readonly memoryBytes: number;
  /** Null asks for base pages. */
  readonly hugepageBytes: number | null;
  readonly locality: Locality;
  readonly isolation: Isolation;
  /** A built-in workload by its name, or what one's own moves. */
  readonly workload: Workload | Profile;
}
