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
      (device) => isFree(device) && isOfModel(device.model, accelerators.model),
    ),
    nics: devices.nics.filter((nic) => isFree(nic) && (!nics.rdma || nic.rdma === true)),
  };
}

/** Whether a model's name has the wanted part in it; a model nobody knows satisfies no wish. */
export function isOfModel(model: string | null, wanted: string | null): boolean {
  if (wanted === null) return true;
  return model !== null && model.toLowerCase().includes(wanted.toLowerCase());
}
