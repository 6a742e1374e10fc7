import { isPciAddress } from "@evenkeel/core/topology/pci-address.ts";
import { attribute, type XmlElement } from "@evenkeel/core/xml/element.ts";

/**
 * A number as libvirt writes it: decimal, or hexadecimal with a leading `0x`; null for anything
 * else.
 */
export function libvirtNumber(text: string | null): number | null {
  const trimmed = text?.trim() ?? "";
  return /^(0x[0-9a-f]{1,8}|\d{1,10})$/i.test(trimmed) ? Number(trimmed) : null;
}

/**
 * The PCI address in an element `<address domain='0x0000' bus='0x1b' slot='0x00' function='0x0'/>`,
 * which may lack its domain; null where it is not an address.
 */
export function pciAddressOf(element: XmlElement): string | null {
  return pciAddressFrom((part) => attribute(element, part));
}

/** The PCI address from parts that `partOf` looks up. */
export function pciAddressFrom(partOf: (name: string) => string | null): string | null {
  const hex = (text: string | null, digits: number): string =>
    libvirtNumber(text)?.toString(16).padStart(digits, "0") ?? "";
  const domain = hex(partOf("domain") ?? "0", 4);
  const address = `${domain}:${hex(partOf("bus"), 2)}:${hex(partOf("slot"), 2)}.${hex(partOf("function"), 1)}`;
  return isPciAddress(address) ? address : null;
}
