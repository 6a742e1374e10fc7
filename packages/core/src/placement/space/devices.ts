import type { Request } from "../../request/request.ts";
import { read } from "../../unit/vector.ts";
import type { Device, PlacedDevice } from "../inventory/devices.ts";
import type { Inventory } from "../inventory/inventory.ts";
import type { Occupancy } from "../occupancy/occupancy.ts";

/**
 * The free accelerators of the request's model, and the free NICs that it can use, by address. One
 * of unknown node is not among them, whatever the locality: a VM's cells are its accelerators'
 * nodes, and what a cell has is promised to be there.
 */
export function freeDevices(
  { devices }: Inventory,
  occupancy: Occupancy,
  { accelerators, nics }: Request,
): { readonly accelerators: readonly PlacedDevice[]; readonly nics: readonly PlacedDevice[] } {
  return {
    accelerators: devices.accelerators
      .filter(isPlaced)
      .filter((device) => isFree(device, occupancy) && isWanted(device, accelerators.model)),
    nics: devices.nics
      .filter(isPlaced)
      .filter((nic) => isFree(nic, occupancy) && (!nics.rdma || nic.rdma === true)),
  };
}

function isPlaced(device: Device): device is PlacedDevice {
  return device.node !== null;
}

/**
 * Whether an accelerator is what a request asks for. A whole accelerator is, when the wanted text
 * is part of its model's name, or its PCI vendor and device (`10de:2330`), by which one of unknown
 * model can be asked for. A part of an accelerator is only
 * when the text is its profile's full name, with or without the vendor's before it: a request for
 * an H100 does not want a tenth of one, although that is called H100XM-10C.
 */
export function isWanted(
  { model, ids, isPart }: Pick<Device, "model" | "ids" | "isPart">,
  wanted: string | null,
): boolean {
  if (wanted === null) return !isPart;
  const [name, wish] = [model?.toLowerCase() ?? "", wanted.toLowerCase()];
  if (isPart) return name === wish || name === `nvidia ${wish}`;
  return name.includes(wish) || ids === wish;
}

interface Host {
  readonly inventory: Inventory;
  readonly occupancy: Occupancy;
}

/** All free accelerators of the host, of any model and wherever they are. */
export function freeAccelerators({ inventory, occupancy }: Host): readonly Device[] {
  return inventory.devices.accelerators.filter((device) => isFree(device, occupancy));
}

/** All free NICs of the host, wherever they are. */
export function freeNics({ inventory, occupancy }: Host): readonly Device[] {
  return inventory.devices.nics.filter((device) => isFree(device, occupancy));
}

function isFree({ group }: Device, { deviceHolders }: Occupancy): boolean {
  return read(deviceHolders, group) === 0;
}
