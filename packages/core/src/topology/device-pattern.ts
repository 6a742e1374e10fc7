import { comparePciAddresses, isPciAddress } from "./pci-address.ts";
import type { PciDevice } from "./topology.ts";

/**
 * A pattern for PCI functions, `vendor:device[:class]`, in which `*` matches anything and a class
 * matches by its leading digits: `10de:*:0302`. Patterns define which functions are accelerators or
 * NICs.
 */
export type DevicePattern = string;

/**
 * The functions that a list of a policy names: by pattern, without virtual functions, or by
 * address, whatever they are. By ascending address.
 */
export function namedDevices(
  pci: readonly PciDevice[],
  names: readonly DeviceName[],
  byPattern: typeof matchingDevices,
): PciDevice[] {
  const addresses = new Set(names.filter(isPciAddress));
  const patterns = names.filter((name) => !isPciAddress(name));
  const matching = new Set(byPattern(pci, patterns));
  return pci
    .filter((device) => matching.has(device) || addresses.has(device.address))
    .toSorted((a, b) => comparePciAddresses(a.address, b.address));
}

/** A pattern, or the address of one function. */
export type DeviceName = string;

/** Whether a text is a pattern or an address. */
export function isDeviceName(text: string): boolean {
  return isPciAddress(text) || isDevicePattern(text);
}

/** Whether a text is a pattern. */
export function isDevicePattern(text: string): boolean {
  return /^([0-9a-f]{4}|\*):([0-9a-f]{4}|\*)(:([0-9a-f]{2,6}|\*))?$/.test(text);
}

/**
 * NVIDIA and AMD GPUs; the PCI class of processing accelerators (Instinct MI300, Gaudi); Intel's
 * Data Center GPUs, by id because processor graphics have the same class; and QEMU's educational
 * device, a substitute for an accelerator in tests.
 */
export const acceleratorPatterns: readonly DevicePattern[] = [
  "10de:*:0302",
  "10de:*:0300",
  "1002:*:0302",
  "1002:*:0380",
  "*:*:1200",
  "8086:56c0",
  "8086:56c1",
  "8086:0bd5",
  "8086:0bda",
  "1234:11e8",
];

/** Ethernet, InfiniBand and other fabric controllers. */
export const nicPatterns: readonly DevicePattern[] = ["*:*:0200", "*:*:0207", "*:*:0280"];

/**
 * The functions that match any of the patterns, by ascending address; virtual functions are left
 * out.
 */
export function matchingDevices(
  pci: readonly PciDevice[],
  patterns: readonly DevicePattern[],
): PciDevice[] {
  const wanted = patterns.map((pattern) => pattern.split(":"));
  return pci
    .filter(({ vendor, device, class: code, physicalFunction }) => {
      if (physicalFunction !== null) return false;
      return wanted.some(
        ([forVendor = "*", forDevice = "*", forClass = "*"]) =>
          (forVendor === "*" || forVendor === vendor) &&
          (forDevice === "*" || forDevice === device) &&
          (forClass === "*" || code.startsWith(forClass)),
      );
    })
    .toSorted((a, b) => comparePciAddresses(a.address, b.address));
}

/**
 * The functions that match any of the patterns, and their virtual functions, whatever ids these
 * have. By ascending address.
 */
export function matchingAccelerators(
  pci: readonly PciDevice[],
  patterns: readonly DevicePattern[],
): PciDevice[] {
  const whole = matchingDevices(pci, patterns);
  const physical = new Set(whole.map(({ address }) => address));
  const parts = pci.filter(
    ({ physicalFunction }) => physicalFunction !== null && physical.has(physicalFunction),
  );
  return [...whole, ...parts].toSorted((a, b) => comparePciAddresses(a.address, b.address));
}
