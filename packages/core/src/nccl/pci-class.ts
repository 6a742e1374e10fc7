import type { PciDevice } from "../topology/topology.ts";

/** Attributes as they are known: what is not is left out. */
export type Attributes = Readonly<Record<string, string | number>>;

/** A class in the six digits that NCCL compares; what is not known of it counts as 00. */
export function pciClass({ class: code }: PciDevice): string {
  return `0x${code.padEnd(6, "0")}`;
}
