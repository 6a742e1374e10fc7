import type { Topology } from "../topology.ts";
import { type Tenancy, type TenancyView, viewOf, withFreePages } from "./tenancy.ts";

/** What a drawing is asked to show beside the machine itself. */
export interface SceneOptions {
  /**
   * Every PCI function and the sizes of caches. Otherwise only what matters for placement is drawn:
   * accelerators and NICs, of hundreds of functions.
   */
  readonly all?: boolean;
  /** Who has what of the machine; nothing is said of VMs without it. */
  readonly tenancy?: Tenancy | null;
}

/** A machine with what is to be shown of it. */
export interface Scene {
  /** Its free huge pages are those that its VMs leave. */
  readonly topology: Topology;
  readonly all: boolean;
  readonly tenancy: TenancyView | null;
}

export function sceneOf(given: Topology, { all = false, tenancy = null }: SceneOptions): Scene {
  if (tenancy === null) return { topology: given, all, tenancy };
  const topology = withFreePages(given, tenancy);
  return { topology, all, tenancy: viewOf(topology, tenancy) };
}
