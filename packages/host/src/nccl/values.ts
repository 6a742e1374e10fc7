import { EvenkeelError } from "@evenkeel/core/error/evenkeel-error.ts";
import type { PcieLink } from "@evenkeel/core/topology/topology.ts";
import { attribute, type XmlElement } from "@evenkeel/core/xml/element.ts";

/** The error for an XML document that is not such a topology. */
export function unexpected(message: string, where: string, remedy?: string): EvenkeelError {
  return new EvenkeelError("xml-unexpected", message, {
    where,
    expected: "the topology of one machine as NCCL or RCCL dumps it: <system> with <cpu> and <pci>",
    ...(remedy === undefined ? {} : { remedy }),
  });
}

/** A value as error messages show it, at most 40 characters. */
export function shown(text: string | null): string {
  return text === null ? "none" : JSON.stringify(text.slice(0, 40));
}

/**
 * A vendor or device id, `0x10de`; NVML writes it without leading zeros. Null where it is missing
 * or all ones, as for the switches that clouds invent in their files.
 */
export function readPciId(text: string | null): string | null {
  const digits = /^(?:0x)?([0-9a-f]{1,4})$/i.exec(text?.trim() ?? "")?.[1];
  const id = digits?.toLowerCase().padStart(4, "0");
  return id === undefined || id === "ffff" ? null : id;
}

/**
 * A class, `0x030200`. NCCL itself writes `0x03` for a GPU and `0x02` for a NIC whose class it
 * could not read. Empty where it is missing.
 */
export function readClass(text: string | null): string {
  const digits = /^(?:0x)?([0-9a-f]{1,6})$/i.exec(text?.trim() ?? "")?.[1]?.toLowerCase();
  if (digits === undefined) return "";
  // A number printed without its leading zero has an odd length: 0x60400.
  return digits.length % 2 === 0 ? digits : `0${digits}`;
}

/**
 * The link from `link_speed` (`32.0 GT/s PCIe`) and `link_width`. Both are the kernel's maximum for
 * the device or for the port above it, whichever is less; the current speed is not in the file. A
 * width of 0, an empty speed and `Unknown` mean unknown.
 */
export function readLink(element: XmlElement): PcieLink | null {
  const speed = /^\s*(\d{1,3}(?:\.\d{1,2})?)\s*GT\/s/i.exec(
    attribute(element, "link_speed") ?? "",
  )?.[1];
  const width = readCount(attribute(element, "link_width"));
  const maxSpeedGTs = speed === undefined || Number(speed) === 0 ? null : Number(speed);
  // The kernel prints 255 for a function that has no link of its own.
  const maxWidth = width !== null && width > 0 && width <= 32 ? width : null;
  if (maxSpeedGTs === null && maxWidth === null) return null;
  return { speedGTs: null, width: null, maxSpeedGTs, maxWidth };
}

/** A count; null where it is missing or not a number. */
export function readCount(text: string | null): number | null {
  return /^\s*\d{1,6}\s*$/.test(text ?? "") ? Number(text) : null;
}
