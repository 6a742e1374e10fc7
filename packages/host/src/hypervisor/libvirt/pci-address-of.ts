import { isPciAddress } from "@evenkeel/core/topology/pci-address.ts";
import { attribute, type XmlElement } from "@evenkeel/core/xml/element.ts";

/** The host's address in libvirt's form, `domain='0x0000' bus='0x1b' …`; null where it is none. */
export function pciAddressOf(address: XmlElement): string | null {
  const part = (name: string, digits: number): string | null => {
    const value = Number(attribute(address, name) ?? Number.NaN);
    return Number.isInteger(value) && value >= 0 ? value.toString(16).padStart(digits, "0") : null;
  };
  const [domain, bus, slot, fn] = [
    part("domain", 4) ?? "0000",
    part("bus", 2),
    part("slot", 2),
    part("function", 1),
  ];
  const text = `${domain}:${bus}:${slot}.${fn}`;
  return bus !== null && slot !== null && fn !== null && isPciAddress(text) ? text : null;
}
