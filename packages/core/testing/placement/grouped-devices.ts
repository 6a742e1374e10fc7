import type { Device } from "../../src/placement/inventory/devices.ts";

/**
 * Devices in IOMMU groups by number: a group's other members come along where they are not chosen.
 */
export function groupedDevices(groups: readonly number[]): readonly Device[] {
  const address = (i: number): string => `0000:${i.toString().padStart(2, "0")}:00.0`;
  return groups.map((group, i) => {
    const companions = groups.flatMap((other, j) =>
      other === group && j !== i ? [address(j)] : [],
    );
    return {
      position: i,
      address: address(i),
      node: 0,
      model: null,
      isPart: false,
      ids: null,
      isBound: false,
      rdma: null,
      companions,
      soldCompanions: companions,
      group,
    };
  });
}
