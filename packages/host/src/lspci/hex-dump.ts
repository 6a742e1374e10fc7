import type { Buses } from "./listing.ts";

const row = /^([0-9a-f]{2,3}): ((?:[0-9a-f]{2} ){15}[0-9a-f]{2})$/;

/** The configuration space that `lspci -x` to `-xxxx` prints below a function; null without one. */
export function readHexDump(lines: readonly string[]): ReadonlyMap<number, number> | null {
  const bytes = new Map<number, number>();
  for (const line of lines) {
    const [, offset = "", values] = row.exec(line) ?? [];
    if (values === undefined) break;
    for (const [i, byte] of values.split(" ").entries()) {
      bytes.set(parseInt(offset, 16) + i, parseInt(byte, 16));
    }
  }
  return bytes.size === 0 ? null : bytes;
}

export function isHexDump(line: string): boolean {
  return row.test(line);
}

/** The buses below a bridge: bytes 0x19 and 0x1a of a header of type 1. */
export function busesOfDump(bytes: ReadonlyMap<number, number> | null): Buses | null {
  const [header, secondary, subordinate] = [0x0e, 0x19, 0x1a].map((at) => bytes?.get(at));
  if (header === undefined || secondary === undefined || subordinate === undefined) return null;
  const isBridge = (header & 0x7f) === 1 && secondary > 0 && subordinate >= secondary;
  return isBridge ? { secondary, subordinate } : null;
}

/** The ids and the class in the header, for a listing that has only names. */
export function identityOfDump(
  bytes: ReadonlyMap<number, number> | null,
): { readonly class: string; readonly vendor: string; readonly device: string } | null {
  const text = (...at: number[]): string =>
    at.map((each) => bytes?.get(each)?.toString(16).padStart(2, "0") ?? "").join("");
  const vendor = text(0x01, 0x00);
  const code = text(0x0b, 0x0a, 0x09);
  if (code.length < 6 || vendor === "ffff") return null;
  return { class: code, vendor, device: text(0x03, 0x02) };
}
