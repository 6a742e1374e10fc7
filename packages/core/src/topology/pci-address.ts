import { invariant } from "../invariant.ts";

/**
 * PCI addresses, `domain:bus:device.function`, as the kernel prints them. Domains above 16 bits
 * exist (Hyper-V, VMD), so a domain has four to eight digits.
 */
const full = /^([0-9a-f]{4,8}):([0-9a-f]{2}):([01][0-9a-f])\.([0-7])$/;

/** True of a full lower-case address, the only form that documents hold. */
export function isPciAddress(text: string): boolean {
  return full.test(text);
}

/** Completes and lowers an address as tools write it: `1B:00.0`, `00000000:1B:00.0`. Null if it is none. */
export function normalPciAddress(text: string): string | null {
  const lower = text.trim().toLowerCase();
  const address = /^[0-9a-f]{2}:/.test(lower) ? `0000:${lower}` : lower;
  const match = full.exec(address);
  if (match === null) return null;
  // nvidia-smi and NCCL pad the domain to eight digits, the kernel to four.
  const domain = (match[1] ?? "").replace(/^0+(?=.{4})/, "");
  return `${domain}${address.slice(address.indexOf(":"))}`;
}

/** The order of addresses is that of their numbers, which for one domain width is that of their text. */
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

/** The parts of what is known to be a full address. */
export function knownPciAddressParts(address: string): PciAddressParts {
  const parts = pciAddressParts(address);
  invariant(parts !== null, `"${address}" is a full PCI address`);
  return parts;
}

/** Its parts as numbers; of a text that is not a full address, null. */
export function pciAddressParts(address: string): PciAddressParts | null {
  const match = full.exec(address);
  if (match === null) return null;
  const [domain = 0, bus = 0, device = 0, fn = 0] = match
    .slice(1)
    .map((part) => parseInt(part, 16));
  return { domain, bus, device, function: fn };
}
