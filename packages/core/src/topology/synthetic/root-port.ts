import type { SyntheticMachine } from "./machine.ts";

/**
 * Which root ports a machine's processors have, so that what lies above its devices looks as it
 * does there: those of Sapphire Rapids, of EPYC since Rome, of Grace. Anything else gets the first.
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
