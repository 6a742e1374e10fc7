import type { EvenkeelError } from "@evenkeel/core/error/evenkeel-error.ts";

/** Twice the CPUs and all the nodes that Linux can be built for (NR_CPUS 8192, MAX_NUMNODES 1024). */
export const CPU_MAX = 16_383;
export const NODE_MAX = 1_023;

/** A node by its number; one that no kernel can have, such as 65535 for -1, is unknown. */
export function nodeOrUnknown(number: number | null): number | null {
  return number !== null && number <= NODE_MAX ? number : null;
}

/** All lists of one text together: siblings, nodes and caches name each CPU some twenty times. */
const namedMax = 1_000_000;

/** Reads a list of CPUs, in its own order; null of a text that is none. */
export type CpuListReader = (text: string) => readonly number[] | null;

/**
 * A reader of lists such as `0-27,112-139`, with a stride as in `0-62:2`, that come from one text. A list is short and what it
 * names may be much, so what all of them name together is bounded; beyond that, and of CPUs above
 * `CPU_MAX`, it throws what `refusal` makes of the reason.
 */
export function cpuListReader(refusal: (message: string) => EvenkeelError): CpuListReader {
  let named = 0;
  return (text) => {
    const found: number[] = [];
    if (text.trim() === "") return found;
    for (const part of text.split(",")) {
      // lscpu writes every second CPU as 0-62:2.
      const match = /^\s*(\d{1,9})(?:-(\d{1,9})(?::(\d{1,5}))?)?\s*$/.exec(part);
      if (match === null) return null;
      const first = Number(match[1]);
      const last = match[2] === undefined ? first : Number(match[2]);
      const step = match[3] === undefined ? 1 : Number(match[3]);
      if (last < first || step === 0) return null;
      if (last > CPU_MAX) throw refusal(`names CPU ${last}, and no machine has so many`);
      named += (last - first + 1) / step;
      if (named > namedMax) throw refusal("names CPUs more often than any machine would");
      for (let cpu = first; cpu <= last; cpu += step) found.push(cpu);
    }
    return found;
  };
}
