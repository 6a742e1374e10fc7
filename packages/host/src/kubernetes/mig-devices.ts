import type { AcceleratorInstance } from "@evenkeel/core/topology/topology.ts";
import type { SliceDevice } from "./slice-devices.ts";

/** Devices without those that are MIG instances, and which of those each GPU is cut into. */
export interface WholeDevices {
  readonly devices: readonly SliceDevice[];
  readonly instancesOf: ReadonlyMap<SliceDevice, readonly AcceleratorInstance[]>;
}

/**
 * MIG devices with their GPUs, found by address or by UUID. A GPU that is cut is not offered itself,
 * so that its MIG devices alone tell of it. One that does not say of which GPU it is a part is left
 * out. Linear in the devices.
 */
export function wholeDevices(told: readonly SliceDevice[]): WholeDevices {
  const devices = told.filter(({ role }) => role !== "mig");
  const byAddress = new Map<string, SliceDevice>();
  const byUuid = new Map<string, SliceDevice>();
  const remember = (gpu: SliceDevice): void => {
    if (gpu.address !== null && !byAddress.has(gpu.address)) byAddress.set(gpu.address, gpu);
    if (gpu.uuid !== null && !byUuid.has(gpu.uuid)) byUuid.set(gpu.uuid, gpu);
  };
  for (const device of devices) if (device.role === "gpu") remember(device);
  const instancesOf = new Map<SliceDevice, AcceleratorInstance[]>();
  for (const mig of told) {
    const { role, address, parentUuid, profile, uuid, memoryBytes } = mig;
    if (role !== "mig" || (address === null && parentUuid === null)) continue;
    let whole = byAddress.get(address ?? "") ?? byUuid.get(parentUuid ?? "");
    if (whole === undefined) {
      whole = { ...mig, role: "gpu", uuid: parentUuid, profile: null, memoryBytes: null };
      devices.push(whole);
      remember(whole);
    }
    const known = instancesOf.get(whole) ?? [];
    instancesOf.set(whole, known);
    known.push({
      profile: profile?.slice(0, 128) ?? null,
      uuid: uuid?.slice(0, 128) ?? null,
      memoryBytes,
    });
  }
  return { devices, instancesOf };
}
