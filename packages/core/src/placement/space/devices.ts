import type { Request } from "../../request/request.ts";
import { read } from "../../unit/vector.ts";
import type { Device } from "../inventory/devices.ts";
import type { Inventory } from "../inventory/inventory.ts";
import type { Occupancy } from "../occupancy/occupancy.ts";

/** The accelerators of the request's model and the NICs of its kind that nobody holds, by address. */
export function freeDevices(
  { devices }: Inventory,
  occupancy: Occupancy,
  { accelerators, nics }: Request,
): { readonly accelerators: readonly Device[]; readonly nics: readonly Device[] } {
  return {
    accelerators: devices.accelerators.filter(
      (device) => isFree(device, occupancy) && isWanted(device, accelerators.model),
    ),
    nics: devices.nics.filter((nic) => isFree(nic, occupancy) && (!nics.rdma || nic.rdma === true)),
  };
}

/**
 * Whether an accelerator is what is asked for. A whole one is, when the wanted part is in its model's
 * name; a model that nobody knows satisfies no wish. A part of one is only when its profile is asked
 * for by its full name, with or without the vendor's before it: who wants an H100 does not want a
 * tenth of one, although it is called H100XM-10C.
 */
export function isWanted({ model, isPart }: Device, wanted: string | null): boolean {
  if (wanted === null) return !isPart;
  const [name, wish] = [model?.toLowerCase() ?? "", wanted.toLowerCase()];
  return isPart ? name === wish || name === `nvidia ${wish}` : name.includes(wish);
}

/** The accelerators of the host that nobody holds, whatever is asked for. */
export function freeAccelerators({
  inventory,
  occupancy,
}: {
  readonly inventory: Inventory;
  readonly occupancy: Occupancy;
}): readonly Device[] {
  return inventory.devices.accelerators.filter((device) => isFree(device, occupancy));
}

function isFree({ group }: Device, { deviceHolders }: Occupancy): boolean {
  return read(deviceHolders, group) === 0;
}
