import type { Topology } from "../../topology/topology.ts";
import type { FreeDevice } from "../space/devices.ts";

/**
 * How many accelerators and NICs come along with the chosen devices, in their IOMMU groups,
 * without being among them: they are lost to everyone.
 */
export function extraDevices(topology: Topology): (chosen: readonly FreeDevice[]) => number {
  const sellable = new Set([...topology.accelerators, ...topology.nics].map((d) => d.address));
  return (chosen) => {
    const asked = new Set(chosen.map((device) => device.address));
    const along = new Set(chosen.flatMap((device) => device.companions));
    return [...along].filter((address) => sellable.has(address) && !asked.has(address)).length;
  };
}
