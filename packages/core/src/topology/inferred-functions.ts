import { pciAddressParts } from "./pci-address.ts";
import type { PciDevice } from "./topology.ts";

/** Where a vendor's virtual functions lie, and which ids they have. */
interface Rule {
  readonly vendor: string;
  readonly class: RegExp;
  readonly device: RegExp;
  /** The place of the first one on the bus; the GPU's own is 0. */
  readonly first: number;
  /** Whether they have the id of their GPU, or one of their own. */
  readonly sameId: boolean;
}

/**
 * NVIDIA's begin at function 4 (NVIDIA vGPU user guide, on GPUs that support SR-IOV), Intel's of
 * Data Center GPU Flex at function 1, and AMD's at device 2 (`VF offset: 16`).
 */
const rules: readonly Rule[] = [
  { vendor: "10de", class: /^03(00|02)/, device: /^/, first: 4, sameId: true },
  { vendor: "8086", class: /^03/, device: /^56c[01]$/, first: 1, sameId: true },
  { vendor: "1002", class: /^(1200|0380)/, device: /^/, first: 16, sameId: false },
];

/**
 * Fills in the parent GPU of virtual functions whose source did not report it, so that a part of a
 * GPU is not taken for a GPU of its own.
 *
 * Their place tells: virtual functions lie behind their GPU on its own bus, beginning at a place
 * that is known for each vendor, and no card has further GPUs there. Linear in the functions.
 */
export function withInferredFunctions<T extends PciDevice>(pci: readonly T[]): readonly T[] {
  const whole = new Map<string, PciDevice>();
  const begun = new Set<string>();
  for (const device of pci) {
    const rule = ruleOf(device);
    if (rule === undefined) continue;
    if (placeOf(device) === 0) whole.set(busOf(device), device);
    if (placeOf(device) === rule.first) begun.add(busOf(device));
  }
  return pci.map((device) => {
    const rule = ruleOf(device);
    const above = whole.get(busOf(device));
    if (rule === undefined || above === undefined || device.physicalFunction !== null) {
      return device;
    }
    const fits =
      above.vendor === device.vendor &&
      (above.device === device.device) === rule.sameId &&
      placeOf(device) >= rule.first &&
      begun.has(busOf(device));
    return fits ? { ...device, physicalFunction: above.address } : device;
  });
}

function ruleOf({ vendor, device, class: code }: PciDevice): Rule | undefined {
  if (device === null) return undefined;
  return rules.find((rule) => {
    return rule.vendor === vendor && rule.class.test(code) && rule.device.test(device);
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
