import { type GpuFacts, type MigFacts, nothingKnown } from "./gpu-facts.ts";

/** The plain table of `nvidia-smi`, as far as a text shows it. */
export interface GpuTable {
  /** By number, in the order of the table. */
  readonly gpus: ReadonlyMap<number, GpuFacts>;
  /** The numbers of the GPUs whose second line, with the memory, is missing. */
  readonly withoutMemory: readonly number[];
  /** `580.95.05`; null where the table's head is missing. */
  readonly driverVersion: string | null;
}

/**
 * Reads the table that `nvidia-smi` prints without arguments: for each GPU a line with its number,
 * name and address, one with its memory, and since driver 450 one with its MIG mode; below it the
 * table of MIG devices, whose profiles it does not print. Names that are too long end in `...`. A
 * table that occurs again, as with `--loop`, does not count. It may begin and end anywhere.
 */
export function gpusInTable(lines: readonly string[]): GpuTable {
  const gpus = new Map<number, GpuFacts>();
  const withMemory = new Set<number>();
  const instances = new Set<string>();
  let driverVersion: string | null = null;
  let last: number | null = null;
  for (const line of lines) {
    const text = line.slice(0, lineMax);
    const instance = migRow.exec(text);
    if (instance !== null) {
      const [, number = "", ids = "", memory = ""] = instance;
      const key = `${number} ${ids}`;
      if (!instances.has(key)) addInstance(gpus, Number(number), memory);
      instances.add(key);
      last = null;
      continue;
    }
    const [, number, productName = "", address = ""] = gpuRow.exec(text) ?? [];
    if (number !== undefined) {
      const index = Number(number);
      last = gpus.has(index) ? null : index;
      if (last !== null) gpus.set(index, { ...nothingKnown, index, productName, address });
      continue;
    }
    driverVersion ??= /\bDriver Version: {0,4}([\d.]{1,20})/.exec(text)?.[1] ?? null;
    const gpu = last === null ? undefined : gpus.get(last);
    if (last === null || gpu === undefined) continue;
    if (isRule(text)) last = null;
    else if (!withMemory.has(last)) {
      const memory = memoryCell.exec(text)?.[1] ?? null;
      if (memory === null && !withoutFigure.test(text)) continue;
      withMemory.add(last);
      gpus.set(last, { ...gpu, memory: memory === null ? null : `${memory} MiB` });
    } else {
      const migMode = /^[ |]{2,200}(Enabled|Disabled)\*? {0,8}\|/.exec(text)?.[1];
      if (migMode !== undefined) gpus.set(last, { ...gpu, migMode });
    }
  }
  const withoutMemory = [...gpus.keys()].filter((index) => !withMemory.has(index));
  return { gpus, withoutMemory, driverVersion };
}

/** Wider than every table; longer lines are something else. */
const lineMax = 512;

/** `|   0  NVIDIA H100 80GB HBM3          On  |   00000000:1B:00.0 Off |                    0 |` */
const gpuRow =
  /^[\s|>]{0,40}(\d{1,3})\s{1,8}(\S.{0,80}?)\s{1,40}(?:On|Off|N\/A|WDDM|TCC|MCDM)\s{0,8}\|\s{0,12}([0-9A-Fa-f]{4,8}:[0-9A-Fa-f]{2}:[0-9A-Fa-f]{2}\.[0-7])(?:\s|\||$)/;

/** The memory in all, behind the memory in use: `|     45MiB / 81920MiB |`. */
const memoryCell = /\d{1,9} {0,2}MiB {0,4}\/ {0,8}(\d{1,9}) {0,2}MiB\b/;

/** The line of the memory of a GPU that has none of its own, or does not tell. */
const withoutFigure = /^[\s|>]{0,8}(?:\S.{0,80}?)\| {0,30}(?:Not Supported|N\/A) {0,30}\|/;

/** `|  0    9   0   0  |      0MiB /  9728MiB | 14      0 |  1   0    0    0    0 |` */
const migRow =
  /^[\s|>]{0,40}(\d{1,3})((?: {1,8}\d{1,3}){3}) {0,8}\|\s{0,40}\d{1,9}MiB {0,4}\/ {0,8}(\d{1,9})MiB/;

function isRule(text: string): boolean {
  return /^[\s|>]{0,40}[+|][-=+]{8}/.test(text);
}

/** A GPU whose own lines are missing is known by its parts. */
function addInstance(gpus: Map<number, GpuFacts>, index: number, memory: string): void {
  const gpu = gpus.get(index) ?? { ...nothingKnown, index };
  if (gpu.migDevices.length >= instancesMax) return;
  const instance: MigFacts = { profile: null, uuid: null, memory: `${memory} MiB` };
  gpus.set(index, { ...gpu, migDevices: [...gpu.migDevices, instance] });
}

/** Seven GPU instances with up to seven compute instances each. */
const instancesMax = 49;
