import type { Request } from "../../request/request.ts";
import type { Device } from "../inventory/devices.ts";
import type { Inventory } from "../inventory/inventory.ts";
import type { Occupancy } from "../occupancy/occupancy.ts";

/** The accelerators of the request's model and the NICs of its kind that nobody holds, by address. */
export function freeDevices(
  { devices }: Inventory,
  { deviceHolders }: Occupancy,
  { accelerators, nics }: Request,
): { readonly accelerators: readonly Device[]; readonly nics: readonly Device[] } {
  const isFree = (device: Device): boolean => (deviceHolders[device.group] ?? 0) === 0;
  return {
    accelerators: devices.accelerators.filter(
      (device) => isFree(device) && isWanted(device, accelerators.model),
    ),
    nics: devices.nics.filter((nic) => isFree(nic) && (!nics.rdma || nic.rdma === true)),
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
