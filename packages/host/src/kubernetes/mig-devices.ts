import type { AcceleratorInstance } from "@evenkeel/core/topology/topology.ts";
import type { SliceDevice } from "./slice-devices.ts";

/** The devices other than MIG instances, and the MIG instances of each GPU. */
export interface WholeDevices {
  readonly devices: readonly SliceDevice[];
  readonly instancesOf: ReadonlyMap<SliceDevice, readonly AcceleratorInstance[]>;
}

/**
 * Assigns MIG devices to their GPUs, by address or by UUID. A GPU in MIG mode is not offered
 * itself, so a missing GPU is created from its first MIG device. A MIG device that names no GPU is
 * left out. Linear in the devices.
 */
export function wholeDevices(all: readonly SliceDevice[]): WholeDevices {
  const devices = all.filter(({ role }) => role !== "mig");
  const byAddress = new Map<string, SliceDevice>();
  const byUuid = new Map<string, SliceDevice>();
  const remember = (gpu: SliceDevice): void => {
    if (gpu.address !== null && !byAddress.has(gpu.address)) byAddress.set(gpu.address, gpu);
    if (gpu.uuid !== null && !byUuid.has(gpu.uuid)) byUuid.set(gpu.uuid, gpu);
  };
  for (const device of devices) if (device.role === "gpu") remember(device);
  const instancesOf = new Map<SliceDevice, AcceleratorInstance[]>();
  for (const mig of all) {
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
