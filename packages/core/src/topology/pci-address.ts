import { invariant } from "../invariant.ts";

/**
 * A PCI address, `domain:bus:device.function`, as the kernel prints it. Domains above 16 bits exist
 * (Hyper-V, VMD), so a domain has four to eight digits.
 */
const full = /^([0-9a-f]{4,8}):([0-9a-f]{2}):([01][0-9a-f])\.([0-7])$/;

/** Whether the text is a full lower-case address, the only form in documents. */
export function isPciAddress(text: string): boolean {
  return full.test(text);
}

/**
 * Normalizes an address as tools write it: `1B:00.0`, `00000000:1B:00.0`. Null where it is none.
 */
export function normalPciAddress(text: string): string | null {
  const lower = text.trim().toLowerCase();
  const address = /^[0-9a-f]{2}:/.test(lower) ? `0000:${lower}` : lower;
  const match = full.exec(address);
  if (match === null) return null;
  // nvidia-smi and NCCL pad the domain to eight digits, the kernel to four.
  const domain = (match[1] ?? "").replace(/^0+(?=.{4})/, "");
  return `${domain}${address.slice(address.indexOf(":"))}`;
}

/** Orders addresses by number: texts of equal length by their characters, a longer domain last. */
export function comparePciAddresses(a: string, b: string): number {
  if (a.length !== b.length) return a.length - b.length;
  return a < b ? -1 : a > b ? 1 : 0;
}

interface PciAddressParts {
  readonly domain: number;
  readonly bus: number;
  readonly device: number;
  readonly function: number;
}

/** The parts of a text that must be a full address. */
export function knownPciAddressParts(address: string): PciAddressParts {
  const parts = pciAddressParts(address);
  invariant(parts !== null, `"${address}" is a full PCI address`);
  return parts;
}

/** The parts as numbers; null where the text is not a full address. */
export function pciAddressParts(address: string): PciAddressParts | null {
  const match = full.exec(address);
  if (match === null) return null;
  const [domain = 0, bus = 0, device = 0, fn = 0] = match
    .slice(1)
    .map((part) => parseInt(part, 16));
  return { domain, bus, device, function: fn };
}
