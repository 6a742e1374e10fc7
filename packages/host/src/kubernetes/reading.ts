import type { PciDevice, Topology } from "@evenkeel/core/topology/topology.ts";
import { unknownSettings } from "@evenkeel/core/topology/unknown-settings.ts";

/** What objects of one kind say of a node, and what of it is missing or has no place. */
export interface NodeReading {
  readonly topology: Topology;
  readonly missing: readonly string[];
  readonly unused: readonly string[];
}

/** More than any machine has. */
export const GPUS_MAX = 256;

/** A PCI function of which agents tell little: no bridges, links or drivers. */
export function functionAt(
  known: Pick<PciDevice, "address" | "root" | "class" | "vendor" | "device" | "node">,
): PciDevice {
  return {
    ...known,
    parent: null,
    iommuGroup: null,
    driver: null,
    link: null,
    barBytes: null,
    physicalFunction: null,
    ...unknownSettings,
  };
}
