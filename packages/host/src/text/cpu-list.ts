import type { EvenkeelError } from "@evenkeel/core/error/evenkeel-error.ts";

/**
 * Twice the most CPUs, and the most nodes, that Linux can be built for (NR_CPUS 8192, MAX_NUMNODES
 * 1024).
 */
export const CPU_MAX = 16_383;
export const NODE_MAX = 1_023;

/** A node's number; null where no kernel can have it, such as 65535 for -1. */
export function nodeOrUnknown(number: number | null): number | null {
  return number !== null && number <= NODE_MAX ? number : null;
}

/**
 * The most CPUs in all lists of one text: siblings, nodes and caches name each CPU some twenty
 * times.
 */
const namedMax = 1_000_000;

/** Reads a list of CPUs in the order of the text; null where the text is not a list. */
export type CpuListReader = (text: string) => readonly number[] | null;

/**
 * Creates a reader of lists such as `0-27,112-139`, with a stride as in `0-62:2`, for all lists of
 * one text. A short list can name many CPUs, so the total of all lists is bounded. Beyond the
 * bound, and for CPUs above `CPU_MAX`, the reader throws the error that `refusal` makes.
 */
export function cpuListReader(refusal: (message: string) => EvenkeelError): CpuListReader {
  let named = 0;
  return (text) => {
    const found: number[] = [];
    if (text.trim() === "") return found;
    for (const part of text.split(",")) {
      // lscpu writes a list of every second CPU as 0-62:2.
      const match = /^\s*(\d{1,9})(?:-(\d{1,9})(?::(\d{1,5}))?)?\s*$/.exec(part);
      if (match === null) return null;
      const first = Number(match[1]);
      const last = match[2] === undefined ? first : Number(match[2]);
      const step = match[3] === undefined ? 1 : Number(match[3]);
      if (last < first || step === 0) return null;
      if (last > CPU_MAX) throw refusal(`names CPU ${last}, above the highest possible ${CPU_MAX}`);
      named += (last - first + 1) / step;
      if (named > namedMax) throw refusal("names CPUs more often than any machine would");
      for (let cpu = first; cpu <= last; cpu += step) found.push(cpu);
    }
    return found;
  };
}
