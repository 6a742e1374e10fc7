import type { SyntheticMachine } from "./machine.ts";

/**
 * The root ports of a machine's processors: those of Sapphire Rapids, of EPYC since Rome, or of
 * Grace. Any other processor gets the first.
 * https://admin.pci-ids.ucw.cz/read/PC
 */
export function rootPortOf({ cpuModel, architecture }: SyntheticMachine["machine"]): {
  readonly vendor: string;
  readonly device: string;
} {
  if (cpuModel !== null && /\b(AMD|EPYC)\b/i.test(cpuModel))
    return { vendor: "1022", device: "1483" };
  if (architecture === "aarch64") return { vendor: "10de", device: "22b1" };
  return { vendor: "8086", device: "352a" };
}
