import { firstKnown } from "../text/first-known.ts";
import { normalPciAddress } from "@evenkeel/core/topology/pci-address.ts";
import type { GpuFacts, PairFacts, Reading } from "./reading.ts";

/**
 * The same reading with every GPU once. A text may have a GPU by number (`GPU[3]`, `GPU: 3`) and by
 * address (the matrices and the table of `amd-smi`): they are one where the bus address of the one
 * is the other's, or, where the one has none, its number is. What has no counterpart stays.
 */
export function unified(reading: Reading): Reading {
  const all = [...reading.gpus.values()];
  const byAddress = new Map(all.filter((gpu) => !isNumbered(gpu)).map((gpu) => [gpu.label, gpu]));
  const numbered = all.filter(isNumbered);
  if (byAddress.size === 0 || numbered.length === 0) return reading;
  const byIndex = new Map([...byAddress.values()].map((gpu) => [gpu.index, gpu]));
  const labels = new Map<string, string>();
  for (const gpu of numbered) {
    const bus = normalPciAddress(gpu.bus ?? "");
    const same = bus === null ? byIndex.get(gpu.index) : byAddress.get(bus);
    if (same !== undefined) labels.set(gpu.label, same.label);
    // A GPU of which only its bus address shows which one it is.
    else if (bus !== null) labels.set(gpu.label, bus);
  }
  const gpus = new Map<string, GpuFacts>();
  for (const gpu of all) {
    const label = labels.get(gpu.label) ?? gpu.label;
    const before = gpus.get(label);
    gpus.set(label, before === undefined ? { ...gpu, label } : joined(before, gpu));
  }
  const pairs = new Map<string, PairFacts>();
  for (const pair of reading.pairs.values()) {
    const [a, b] = [labels.get(pair.a) ?? pair.a, labels.get(pair.b) ?? pair.b];
    const before = pairs.get(`${a} ${b}`) ?? pairs.get(`${b} ${a}`);
    const facts = new Map([...pair.facts, ...(before?.facts ?? [])]);
    pairs.set(before === undefined ? `${a} ${b}` : `${before.a} ${before.b}`, {
      a: before?.a ?? a,
      b: before?.b ?? b,
      facts,
    });
  }
  return { ...reading, gpus, pairs };
}

function isNumbered({ label }: GpuFacts): boolean {
  return label.startsWith("GPU");
}

/** The facts of both; of two, those of the first. */
function joined(one: GpuFacts, other: GpuFacts): GpuFacts {
  return { ...firstKnown(one, other), parts: one.parts.length > 0 ? one.parts : other.parts };
}
