import type { GpuFacts, MigFacts } from "./gpu-facts.ts";
import { gpusInCsv } from "./query-csv.ts";
import { gpusInList } from "./query-text.ts";
import { gpusInTable } from "./table-text.ts";

/** The GPUs that a text lists, however it lists them. */
export interface KnownGpus {
  readonly gpus: readonly GpuFacts[];
  /** What the text lacks, and what of it has no place in a topology. */
  readonly missing: readonly string[];
  readonly unused: readonly string[];
}

/**
 * The GPUs in the list of `nvidia-smi -L`, the plain table and the rows of a CSV query, which
 * complete each other: GPUs of one number are one, and those without a number are matched by UUID
 * or address.
 */
export function knownGpus(lines: readonly string[]): KnownGpus {
  const [list, table, query] = [gpusInList(lines), gpusInTable(lines), gpusInCsv(lines)];
  const found: GpuFacts[] = [];
  for (const gpu of [...list.values(), ...table.gpus.values(), ...query.gpus]) {
    const same = found.findIndex((other) => isSame(gpu, other));
    const known = found[same];
    if (known === undefined) found.push(gpu);
    else found[same] = joined(known, gpu);
  }
  const gpus = found.toSorted((a, b) => orderOf(a) - orderOf(b) || 0);
  return {
    gpus,
    missing: [
      ...holes(list).map((index) => `GPU ${index}`),
      ...table.withoutMemory
        .filter((index) => memoryOf(gpus, index) === null)
        .map((index) => `the memory of GPU ${index}`),
    ],
    unused: [
      ...(table.driverVersion === null ? [] : [`the driver's version (${table.driverVersion})`]),
      ...(table.gpus.size === 0 ? [] : ["what the GPUs are doing"]),
      ...query.unused,
    ],
  };
}

/** GPUs without a number keep their places behind the others. */
const orderOf = ({ index }: GpuFacts): number => index ?? indexMax;

const indexMax = 1000;

function isSame(a: GpuFacts, b: GpuFacts): boolean {
  if (a.index !== null && b.index !== null) return a.index === b.index;
  if (a.uuid !== null && b.uuid !== null) return a.uuid === b.uuid;
  return a.address !== null && a.address === b.address;
}

function memoryOf(gpus: readonly GpuFacts[], index: number): string | null {
  return gpus.find((gpu) => gpu.index === index)?.memory ?? null;
}

/** The numbers that a list skips: a GPU that the driver has lost, or that is hidden. */
function holes(list: ReadonlyMap<number, GpuFacts>): number[] {
  const [first, last] = [Math.min(...list.keys()), Math.max(...list.keys())];
  if (list.size === 0) return [];
  return Array.from({ length: last - first }, (_, i) => first + i).filter(
    (index) => !list.has(index),
  );
}

/** The facts of both; of two, those of the first. A name that the table cut is the worse one. */
function joined(one: GpuFacts, other: GpuFacts): GpuFacts {
  const names = [one.productName, other.productName].filter((name) => name !== null);
  const whole = names.find((name) => !name.endsWith("...")) ?? names[0] ?? null;
  return {
    ...other,
    ...knownFacts(one),
    productName: whole,
    migDevices: joinedParts(one.migDevices, other.migDevices),
  };
}

/** The fields that are not null. */
function knownFacts(gpu: GpuFacts): Partial<GpuFacts> {
  return Object.fromEntries(Object.entries(gpu).filter(([, value]) => value !== null));
}

/** Tools list the parts in one order; lists of different lengths are of different times. */
function joinedParts(one: readonly MigFacts[], other: readonly MigFacts[]): readonly MigFacts[] {
  if (one.length !== other.length) return one.length > 0 ? one : other;
  return one.map((part, i) => ({
    profile: part.profile ?? other[i]?.profile ?? null,
    uuid: part.uuid ?? other[i]?.uuid ?? null,
    memory: part.memory ?? other[i]?.memory ?? null,
  }));
}
