import type { PciDevice } from "../topology/topology.ts";

/** XML attributes; unknown ones are left out. */
export type Attributes = Readonly<Record<string, string | number>>;

/** A class in the six digits that NCCL compares; unknown digits become 00. */
export function pciClass({ class: code }: PciDevice): string {
  return `0x${code.padEnd(6, "0")}`;
}
