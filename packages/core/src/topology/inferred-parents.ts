import { pciAddressParts } from "./pci-address.ts";
import type { PciDevice } from "./topology.ts";

/** The place of a vendor's virtual functions on the bus, and the ids that they must have. */
interface Rule {
  readonly vendor: string;
  readonly class: RegExp;
  readonly device: RegExp;
  /** The position of the first virtual function on the bus; the GPU's is 0. */
  readonly first: number;
  /** Whether virtual functions have their GPU's device id, or one of their own. */
  readonly sameId: boolean;
}

/**
 * Virtual functions of NVIDIA GPUs begin at function 4 (NVIDIA vGPU user guide, on GPUs that
 * support SR-IOV), those of Intel's Data Center GPU Flex at function 1, and those of AMD GPUs at
 * device 2 (`VF offset: 16`).
 */
const rules: readonly Rule[] = [
  { vendor: "10de", class: /^03(00|02)/, device: /^/, first: 4, sameId: true },
  { vendor: "8086", class: /^03/, device: /^56c[01]$/, first: 1, sameId: true },
  { vendor: "1002", class: /^(1200|0380)/, device: /^/, first: 16, sameId: false },
];

/**
 * Fills in the parent GPU of virtual functions whose source did not report it, so that a part of a
 * GPU is not taken for another GPU. A function counts as virtual if it is behind a GPU on the GPU's
 * own bus, and the first virtual function of that bus is present. This is safe because several GPUs
 * on one card are each on a bus of their own. Linear in the functions.
 */
export function withInferredParents<T extends PciDevice>(pci: readonly T[]): readonly T[] {
  const physicalOnBus = new Map<string, PciDevice>();
  const hasFirst = new Set<string>();
  for (const device of pci) {
    const rule = ruleOf(device);
    if (rule === undefined) continue;
    if (positionOf(device) === 0) physicalOnBus.set(busOf(device), device);
    if (positionOf(device) === rule.first) hasFirst.add(busOf(device));
  }
  return pci.map((device) => {
    const rule = ruleOf(device);
    const parent = physicalOnBus.get(busOf(device));
    if (rule === undefined || parent === undefined || device.physicalFunction !== null) {
      return device;
    }
    const fits =
      parent.vendor === device.vendor &&
      (parent.device === device.device) === rule.sameId &&
      positionOf(device) >= rule.first &&
      hasFirst.has(busOf(device));
    return fits ? { ...device, physicalFunction: parent.address } : device;
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

/** The position on the bus: device and function number as one number. */
function positionOf({ address }: PciDevice): number {
  const { device = 0, function: fn = 0 } = pciAddressParts(address) ?? {};
  return device * 8 + fn;
}
