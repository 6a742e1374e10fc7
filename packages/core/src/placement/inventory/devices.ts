import type { PciDevice, Topology } from "../../topology/topology.ts";
import { valueOf } from "../../unit/list.ts";

/** A device that can be passed through, with the functions that must go with it. */
export interface Device {
  /** Its position among the machine's accelerators, or among its NICs. */
  readonly position: number;
  readonly address: string;
  /** The node's id. */
  readonly node: number | null;
  /** The model; for a part of an accelerator its profile, which is what its VM sees. */
  readonly model: string | null;
  /** Its PCI vendor and device, `10de:2330`; null where either is unknown. */
  readonly ids: string | null;
  /** Whether the host has it bound to vfio-pci already, so that giving it away changes nothing. */
  readonly isBound: boolean;
  /** Whether it is a virtual function that is only a part of an accelerator. */
  readonly isPart: boolean;
  /** Whether it is a NIC that does RDMA; null where unknown, and for accelerators. */
  readonly rdma: boolean | null;
  /** The other functions of its IOMMU group, without bridges, which the host keeps. */
  readonly companions: readonly string[];
  /** The companions that could be sold by themselves: accelerators and NICs. */
  readonly soldCompanions: readonly string[];
  /** The position of its IOMMU group, whose devices are held together; its own without one. */
  readonly group: number;
}

/** A device whose node is known: only such a one can be given to a VM. */
export interface PlacedDevice extends Device {
  readonly node: number;
}

/** A machine's accelerators and NICs, each by address. */
export interface DeviceInventory {
  readonly accelerators: readonly Device[];
  readonly nics: readonly Device[];
  /** For each node, by position: its accelerators, then its NICs. */
  readonly ofNode: readonly (readonly Device[])[];
  readonly groups: number;
  /** The group of a function, by address. */
  readonly groupOf: ReadonlyMap<string, number>;
}

/** Compiles the accelerators and NICs of a topology with their IOMMU groups. */
export function deviceInventory(
  topology: Topology,
  nodePosition: ReadonlyMap<number, number>,
): DeviceInventory {
  const functions = new Map(topology.pci.map((device) => [device.address, device]));
  const sellable = [...topology.accelerators, ...topology.nics].map((entry) => entry.address);
  const isSold = new Set(sellable);
  const grouped = Map.groupBy(
    topology.pci.filter((device) => !device.class.startsWith("06")),
    (device) => device.iommuGroup,
  );
  const membersOf = (address: string): readonly string[] => {
    const group = functions.get(address)?.iommuGroup ?? null;
    const others = group === null ? [] : (grouped.get(group) ?? []).map((entry) => entry.address);
    return [address, ...others.filter((other) => other !== address)];
  };
  const groupOf = new Map<string, number>();
  let groups = 0;
  for (const address of sellable) {
    if (groupOf.has(address)) continue;
    for (const member of membersOf(address)) groupOf.set(member, groups);
    groups++;
  }
  const device = (
    address: string,
    position: number,
    { model, isPart, rdma }: Pick<Device, "model" | "isPart" | "rdma">,
  ): Device => {
    const [, ...companions] = membersOf(address);
    const entry = functions.get(address);
    const node = entry?.node ?? null;
    return {
      position,
      address,
      ids: idsOf(entry),
      isBound: entry?.driver === "vfio-pci",
      node: node !== null && nodePosition.has(node) ? node : null,
      model,
      isPart,
      rdma,
      companions,
      soldCompanions: companions.filter((companion) => isSold.has(companion)),
      group: valueOf(groupOf, address),
    };
  };
  const accelerators = topology.accelerators.map(({ address, model, profile }, i) => {
    const isVirtual = (functions.get(address)?.physicalFunction ?? null) !== null;
    const isPart = isVirtual && profile !== null;
    return device(address, i, { model: isPart ? profile : model, isPart, rdma: null });
  });
  const nics = topology.nics.map(({ address, rdma }, i) =>
    device(address, i, { model: null, isPart: false, rdma }),
  );
  const all = [...accelerators, ...nics];
  return {
    accelerators,
    nics,
    ofNode: [...nodePosition.keys()].map((node) => all.filter((entry) => entry.node === node)),
    groups,
    groupOf,
  };
}

/** How many devices would have to be bound to vfio-pci. */
export function unboundAmong(devices: readonly Pick<Device, "isBound">[]): number {
  return devices.filter(({ isBound }) => !isBound).length;
}

/** The ids of a function, `10de:2330`; null where one is unknown. */
export function idsOf(device: PciDevice | undefined): string | null {
  if (device === undefined || device.vendor === null || device.device === null) return null;
  return `${device.vendor}:${device.device}`;
}
