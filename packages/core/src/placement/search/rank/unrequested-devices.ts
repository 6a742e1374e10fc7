import type { Device } from "../../inventory/devices.ts";

/**
 * How many accelerators and NICs come along with the chosen devices, in their IOMMU groups,
 * without being among them: they are lost to everyone.
 */
export function countUnrequestedDevices(chosen: readonly Device[]): number {
  if (chosen.every((device) => device.soldCompanions.length === 0)) return 0;
  const asked = new Set(chosen.map((device) => device.address));
  const along = new Set(chosen.flatMap((device) => device.soldCompanions));
  return [...along].filter((address) => !asked.has(address)).length;
}
