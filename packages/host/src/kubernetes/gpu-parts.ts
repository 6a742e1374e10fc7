import type { AcceleratorInstance } from "@evenkeel/core/topology/topology.ts";
import type { SliceDevice } from "./slice-devices.ts";

/** The devices other than parts of GPUs, and the parts of each GPU. */
export interface WholeDevices {
  readonly devices: readonly SliceDevice[];
  readonly partsOf: ReadonlyMap<SliceDevice, readonly AcceleratorInstance[]>;
  /** The GPUs with MIG instances. */
  readonly inMig: ReadonlySet<SliceDevice>;
  /** The vGPU types that GPUs could be divided into. */
  readonly offered: readonly string[];
}

/**
 * Assigns parts to their GPUs, by address or by UUID. A divided GPU is not offered itself, so a
 * missing GPU is created from its first part. A part that names no GPU is left out. NVIDIA's driver
 * lists the vGPUs that a GPU could have: only where all are of one type is it known which there
 * are. Linear in the devices.
 */
export function wholeDevices(all: readonly SliceDevice[]): WholeDevices {
  const devices = all.filter(({ role }) => role !== "part");
  const byAddress = new Map<string, SliceDevice>();
  const byUuid = new Map<string, SliceDevice>();
  const remember = (gpu: SliceDevice): void => {
    if (gpu.address !== null && !byAddress.has(gpu.address)) byAddress.set(gpu.address, gpu);
    if (gpu.uuid !== null && !byUuid.has(gpu.uuid)) byUuid.set(gpu.uuid, gpu);
  };
  for (const device of devices) if (device.role === "gpu") remember(device);
  const found = new Map<SliceDevice, SliceDevice[]>();
  for (const part of all) {
    const { role, address, parentUuid } = part;
    if (role !== "part" || (address === null && parentUuid === null)) continue;
    let whole = byAddress.get(address ?? "") ?? byUuid.get(parentUuid ?? "");
    if (whole === undefined) {
      whole = { ...part, role: "gpu", uuid: parentUuid, profile: null, memoryBytes: null };
      devices.push(whole);
      remember(whole);
    }
    const known = found.get(whole) ?? [];
    found.set(whole, known);
    known.push(part);
  }
  const offered = new Set<string>();
  const partsOf = new Map<SliceDevice, readonly AcceleratorInstance[]>();
  const inMig = new Set<SliceDevice>();
  for (const [gpu, parts] of found) {
    if (parts.some(({ isMig }) => isMig)) inMig.add(gpu);
    const types = new Set(parts.flatMap(({ isMig, profile }) => (isMig ? [] : (profile ?? ""))));
    if (types.size > 1) for (const type of types) offered.add(type);
    partsOf.set(gpu, parts.filter(({ isMig }) => isMig || types.size === 1).map(instanceOf));
  }
  return { devices, partsOf, inMig, offered: [...offered] };
}

function instanceOf({ profile, uuid, memoryBytes }: SliceDevice): AcceleratorInstance {
  return {
    profile: profile?.slice(0, 128) ?? null,
    uuid: uuid?.slice(0, 128) ?? null,
    memoryBytes,
  };
}
