import type { PciDevice } from "@evenkeel/core/topology/topology.ts";
import { at } from "@evenkeel/core/unit/list.ts";
import type { Tree } from "../tree/tree.ts";
import { readLine } from "./values.ts";

export type PciIdentity = Pick<PciDevice, "class" | "vendor" | "device">;

/**
 * A function's class, vendor and device, from its files (`0x030200`, `0x10de`, `0x2330`).
 * Recordings without these files may have its configuration space, which starts with the same
 * values (PCI Local Bus Specification 3.0, 6.1: vendor at 0, device at 2, class from 9, all
 * little-endian).
 */
export function readPciIdentity(tree: Tree, path: string): PciIdentity | null {
  const code = hexadecimal(readLine(tree, `${path}/class`), 6);
  const vendor = hexadecimal(readLine(tree, `${path}/vendor`), 4);
  const device = hexadecimal(readLine(tree, `${path}/device`), 4);
  if (code !== null && vendor !== null && device !== null) return { class: code, vendor, device };
  return fromConfig(tree.readBytes(`${path}/config`));
}

function hexadecimal(line: string | null, digits: number): string | null {
  if (line === null || !/^0x[0-9a-f]{1,6}$/i.test(line)) return null;
  const value = line.slice(2).toLowerCase().padStart(digits, "0");
  return value.length === digits ? value : null;
}

function fromConfig(config: Uint8Array | null): PciIdentity | null {
  if (config === null || config.length < 12) return null;
  const text = (...offsets: readonly number[]): string =>
    offsets.map((offset) => at(config, offset).toString(16).padStart(2, "0")).join("");
  const vendor = text(1, 0);
  // A function that does not answer reads as all ones.
  if (vendor === "ffff") return null;
  return { class: text(11, 10, 9), vendor, device: text(3, 2) };
}
