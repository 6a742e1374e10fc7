import { pciAddressParts } from "./pci-address.ts";
import type { PciDevice } from "./topology.ts";

/** NVIDIA's virtual functions begin so far behind the physical one. */
const firstVirtual = 4;

/**
 * The functions with the physical ones that those must be virtual functions of of which nobody told
 * it, so that a part of a GPU is not taken for another GPU. What tells is where they are: NVIDIA's
 * have the ids of their GPU and follow on its bus at function 4 (NVIDIA vGPU user guide, "Creating
 * an NVIDIA vGPU that supports SR-IOV"), where no card has further GPUs: each of those is on a bus
 * of its own. Linear in the functions.
 */
export function withInferredFunctions<T extends PciDevice>(pci: readonly T[]): readonly T[] {
  const kindOf = (device: PciDevice): string | null => {
    const { vendor, device: id, class: code } = device;
    const isGpu = vendor === "10de" && id !== null && /^03(00|02)/.test(code);
    return isGpu ? `${busOf(device)} ${id}` : null;
  };
  const whole = new Map<string, string>();
  const fourths = new Set<string>();
  for (const device of pci) {
    const kind = kindOf(device);
    if (kind === null) continue;
    if (placeOf(device) === 0) whole.set(kind, device.address);
    if (placeOf(device) === firstVirtual) fourths.add(kind);
  }
  return pci.map((device) => {
    const kind = device.physicalFunction === null ? kindOf(device) : null;
    if (kind === null || placeOf(device) < firstVirtual || !fourths.has(kind)) return device;
    return { ...device, physicalFunction: whole.get(kind) ?? null };
  });
}

function busOf({ address }: PciDevice): string {
  return address.slice(0, address.lastIndexOf(":"));
}

/** Its place on its bus: device and function number as one. */
function placeOf({ address }: PciDevice): number {
  const { device = 0, function: fn = 0 } = pciAddressParts(address) ?? {};
  return device * 8 + fn;
}
