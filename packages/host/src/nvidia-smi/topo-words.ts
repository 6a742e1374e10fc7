import type { PciInterconnect } from "@evenkeel/core/topology/topology.ts";

/**
 * The vocabulary of `nvidia-smi topo`, of all its generations.
 * https://docs.nvidia.com/deploy/nvidia-smi/ ("topo")
 */

/** The interconnect classes over PCI Express, nearest first. */
export const pciClasses: readonly PciInterconnect[] = ["PIX", "PXB", "PHB", "NODE", "SYS"];

/** The class in a cell; NVLink has its number of links, null where it is unknown. */
export type TopoClass =
  | { readonly kind: "pci"; readonly class: PciInterconnect }
  | { readonly kind: "nvlink"; readonly lanes: number | null };

export function isSelf(word: string): boolean {
  return word === "X";
}

/** The class of a word; null where it is none. Drivers before 384 write SOC for SYS. */
export function classOf(word: string): TopoClass | null {
  if (word === "SOC") return { kind: "pci", class: "SYS" };
  const overPci = pciClasses.find((name) => name === word);
  if (overPci !== undefined) return { kind: "pci", class: overPci };
  const match = /^NV(\d{0,3}|#)$/.exec(word);
  if (match === null) return null;
  const lanes = Number(match[1]);
  return { kind: "nvlink", lanes: Number.isInteger(lanes) && lanes > 0 ? lanes : null };
}

/** A cell without a value: the tool could not find it, or it was removed from the copy. */
export function isUnknown(word: string): boolean {
  return /^(N\/A|NA|-{1,4}|\?|Unknown|C2C)$/.test(word);
}

export function isCell(word: string): boolean {
  return isSelf(word) || classOf(word) !== null;
}

/** A cell of `nvidia-smi topo -p2p`: whether two GPUs may access each other's memory. */
export function isPeerStatus(word: string): boolean {
  return /^(OK|CNS|GNS|TNS|NS|DR)$/.test(word);
}

/**
 * The labels of the GPUs in a word: `GPU3`, or `GPU0GPU1GPU2` where narrow columns ran together.
 */
export function gpusIn(word: string): string[] {
  return /^(?:GPU\d{1,3}){1,256}$/.test(word) ? (word.match(/GPU\d{1,3}/g) ?? []) : [];
}

/** Splits cells or labels that ran together where a terminal wrapped: `NODENODE`. */
export function unjoined(word: string): string[] {
  if (/^(?:X|PIX|PXB|PHB|NODE|SYS|SOC|NV\d{1,2}){2,256}$/.test(word)) {
    return word.match(/X|PIX|PXB|PHB|NODE|SYS|SOC|NV\d{1,2}/g) ?? [word];
  }
  if (/^(?:(?:GPU|NIC)\d{1,3}){2,256}$/.test(word)) {
    return word.match(/(?:GPU|NIC)\d{1,3}/g) ?? [word];
  }
  return [word];
}

/**
 * A word that may name a device: `GPU0`, `NIC3`, `mlx5_0`, `mlx5_bond_0`, `rdmap16s27`, `bnxt_re1`.
 */
export function isDeviceName(word: string): boolean {
  return /^[A-Za-z][\w.-]{0,63}$/.test(word) && /\d/.test(word) && !isCell(word);
}

/** Whether a word looks like a list of CPUs or nodes. */
export function isList(word: string): boolean {
  return /^\d[\d,-]{0,65535}$/.test(word);
}
