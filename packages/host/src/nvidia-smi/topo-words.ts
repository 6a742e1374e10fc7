import type { PciInterconnect } from "@evenkeel/core/topology/topology.ts";

/**
 * The vocabulary of `nvidia-smi topo`, of all its generations.
 * https://docs.nvidia.com/deploy/nvidia-smi/ ("topo")
 */

/** How two devices reach each other over PCI Express, nearest first. */
export const pciClasses: readonly PciInterconnect[] = ["PIX", "PXB", "PHB", "NODE", "SYS"];

/** A cell of the matrix; of NVLink with the number of links, null where it is not told. */
export type TopoClass =
  | { readonly kind: "pci"; readonly class: PciInterconnect }
  | { readonly kind: "nvlink"; readonly lanes: number | null };

export function isSelf(word: string): boolean {
  return word === "X";
}

/** What a cell says. Drivers before 384 say SOC for SYS. Null of a word that is no class. */
export function classOf(word: string): TopoClass | null {
  if (word === "SOC") return { kind: "pci", class: "SYS" };
  const overPci = pciClasses.find((name) => name === word);
  if (overPci !== undefined) return { kind: "pci", class: overPci };
  const match = /^NV(\d{0,3}|#)$/.exec(word);
  if (match === null) return null;
  const lanes = Number(match[1]);
  return { kind: "nvlink", lanes: Number.isInteger(lanes) && lanes > 0 ? lanes : null };
}

/** A cell that says nothing: the tool could not tell, or whoever copied it did not. */
export function isUntold(word: string): boolean {
  return /^(N\/A|NA|-{1,4}|\?|Unknown|C2C)$/.test(word);
}

export function isCell(word: string): boolean {
  return isSelf(word) || classOf(word) !== null;
}

/** What `nvidia-smi topo -p2p` has in its cells: whether GPUs may reach each other at all. */
export function isPeerStatus(word: string): boolean {
  return /^(OK|CNS|GNS|TNS|NS|DR)$/.test(word);
}

/** The numbers of the GPUs in a word: `GPU3`, or `GPU0GPU1GPU2` where narrow columns ran together. */
export function gpusIn(word: string): string[] {
  return /^(?:GPU\d{1,3}){1,256}$/.test(word) ? (word.match(/GPU\d{1,3}/g) ?? []) : [];
}

/** Cells, or NICs of a header, in a word that ran together where a terminal wrapped: `NODENODE`. */
export function unjoined(word: string): string[] {
  if (/^(?:X|PIX|PXB|PHB|NODE|SYS|SOC|NV\d{1,2}){2,256}$/.test(word)) {
    return word.match(/X|PIX|PXB|PHB|NODE|SYS|SOC|NV\d{1,2}/g) ?? [word];
  }
  if (/^(?:(?:GPU|NIC)\d{1,3}){2,256}$/.test(word)) {
    return word.match(/(?:GPU|NIC)\d{1,3}/g) ?? [word];
  }
  return [word];
}

/** A word that may name a device: `GPU0`, `NIC3`, `mlx5_0`, `mlx5_bond_0`, `rdmap16s27`, `bnxt_re1`. */
export function isDeviceName(word: string): boolean {
  return /^[A-Za-z][\w.-]{0,63}$/.test(word) && /\d/.test(word) && !isCell(word);
}

/** A list of CPUs or nodes, as far as it looks like one. */
export function isList(word: string): boolean {
  return /^\d[\d,-]{0,65535}$/.test(word);
}
