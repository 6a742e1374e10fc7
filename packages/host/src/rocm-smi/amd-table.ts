import { normalPciAddress } from "@evenkeel/core/topology/pci-address.ts";
import { bytesIn, gpuOf, type GpuFacts, type Reading, recordFact } from "./reading.ts";

/**
 * Reads the table that `amd-smi` prints without arguments, line by line: for each GPU a line with
 * its address and name, and one with its numbers, its partition mode and its memory.
 */
export interface AmdTable {
  /** Takes a line; false where it is not one of the table's. */
  readonly take: (line: string) => boolean;
  /** What the table lacks at its end. */
  readonly missing: () => string[];
}

/** `| 0000:0d:00.0    AMD Instinct MI355X | N/A        N/A   0          N/A/1400 W |` */
const firstLine =
  /^[ \t]{0,16}\|\s{1,4}([0-9a-f]{4,8}:[0-9a-f]{2}:[0-9a-f]{2}\.[0-7]|N\/A)\s{1,40}(\S[^|]{0,60}?)\s{0,40}\|/i;

/** `|   0       1       7        SPX/NPS1 | N/A        N/A           283/294896 MB |` */
const secondLine =
  /^[ \t]{0,16}\|\s{1,8}(\d{1,4})\s{1,12}(?:\d{1,4}|N\/A)\s{1,12}(\d{1,4}|N\/A)\s{1,24}([\w/]{1,24})\s{0,12}\|(?:[^|]{0,60}?\d\/(\d{1,9} MB)\s{0,8}\|)?/;

export function amdTable(reading: Reading): AmdTable {
  let open: { readonly address: string | null; readonly name: string } | null = null;
  const incomplete: string[] = [];
  const withoutNumbers = (): void => {
    if (open?.address != null) {
      recordFact(gpuOf(reading, open.address), "market_name", open.name);
      incomplete.push(`the number and memory of ${open.address}`);
    }
    open = null;
  };
  return {
    take: (line) => {
      const version = /\bamdgpu version: {0,4}(\S{1,40})/.exec(line)?.[1];
      if (version !== undefined) reading.unused.add(`the driver's version (${version})`);
      const first = firstLine.exec(line);
      if (first !== null) {
        withoutNumbers();
        open = { address: normalPciAddress(first[1] ?? ""), name: first[2] ?? "" };
        return true;
      }
      const second = open === null ? null : secondLine.exec(line);
      if (open === null || second === null) return false;
      const [, index = "", oam = "", mode = "", memory = ""] = second;
      const label = open.address ?? `GPU${Number(index)}`;
      const known = reading.gpus.get(label);
      const gpu = gpuOf(reading, label);
      if (mode !== "N/A") reading.unused.add(`partition modes (${mode})`);
      if (known !== undefined && known.index !== null && known.index !== Number(index)) {
        addPart(known, mode, memory);
      } else {
        gpu.index = Number(index);
        recordFact(gpu, "market_name", open.name);
        recordFact(gpu, "oam_id", oam);
        recordFact(gpu, "vram size", memory);
      }
      open = null;
      return true;
    },
    missing: () => {
      withoutNumbers();
      return incomplete;
    },
  };
}

/** More partitions than a GPU has. */
const PARTS_MAX = 64;

/**
 * Another number at the same bus address is another partition of that GPU; the first is its own.
 */
function addPart(gpu: GpuFacts, mode: string, memory: string): void {
  if (gpu.parts.length >= PARTS_MAX) return;
  const part = (bytes: number | null): GpuFacts["parts"][number] => ({
    mode: mode === "N/A" ? null : mode,
    memoryBytes: bytes,
  });
  if (gpu.parts.length === 0) gpu.parts.push(part(gpu.memoryBytes));
  gpu.parts.push(part(bytesIn(memory)));
}
