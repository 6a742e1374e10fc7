import { type GivenText, memoryFigures, type Part, together } from "./part.ts";

/** As large as no cache of a core complex is; some machines have more in all. */
const surelyMemoryMiB = 256;

/** Within a tenth of each other, latencies are on one plateau. */
const plateauSpread = 1.1;

/**
 * Reads the output of lmbench's `lat_mem_rd`: for each stride a line `"stride=128`, and then pairs
 * of an array's size in MiB and the nanoseconds that a load takes. The latency of memory is the
 * plateau at the end: the largest sizes whose latencies are within a tenth of the largest's. Of
 * several strides the largest counts, which prefetchers guess least.
 *
 * Which nodes were measured is not in the output; a command line before it may tell.
 */
export function readLatMemRd({ lines, cpuNode, memoryNode }: GivenText): Part | null {
  const runs = new Map<number, { size: number; ns: number }[]>();
  let open: { size: number; ns: number }[] | null = null;
  for (const line of lines) {
    const stride = /^\s*"?stride=(\d{1,9})"?$/.exec(line)?.[1];
    if (stride !== undefined) {
      open = [];
      // A second run of a stride goes in place of none.
      if (!runs.has(Number(stride))) runs.set(Number(stride), open);
      continue;
    }
    const [, size, ns] = /^\s*(\d{1,7}\.\d{1,8})\s+(\d{1,9}(?:\.\d{1,6})?)$/.exec(line) ?? [];
    if (open !== null && size !== undefined) open.push({ size: Number(size), ns: Number(ns) });
    else if (/\S/.test(line)) open = null;
  }
  const [stride, points = []] = [...runs].toSorted(([a], [b]) => b - a)[0] ?? [];
  const ascending = points.filter(({ ns }) => ns > 0).toSorted((a, b) => a.size - b.size);
  const last = ascending.at(-1);
  if (stride === undefined || last === undefined) return null;
  const warnings: string[] = [];
  const from = ascending.findLastIndex(
    ({ ns }) => ns > last.ns * plateauSpread || ns * plateauSpread < last.ns,
  );
  const plateau = ascending.slice(from + 1);
  const first = plateau[0] ?? last;
  const isPlateau = plateau.length >= 2 && last.size >= first.size * 1.5;
  if (!isPlateau) warnings.push(`latency still grows at ${last.size} MiB: measure larger arrays`);
  else if (last.size < surelyMemoryMiB) {
    warnings.push(
      `the largest array has ${last.size} MiB, which may fit into a cache: measure ${surelyMemoryMiB} MiB`,
    );
  }
  if (cpuNode === null || memoryNode === null) {
    warnings.push(
      "the output does not tell which nodes were measured: run it under numactl -N 0 -m 0",
    );
  }
  const latency = isPlateau ? together(plateau.map(({ ns }) => ns)) : null;
  return {
    name: "lat_mem_rd",
    method:
      `lmbench lat_mem_rd: dependent loads at a stride of ${stride} bytes, ` +
      `arrays of ${first.size} to ${last.size} MiB`,
    memory: [{ ...memoryFigures(cpuNode, memoryNode), readLatencyNs: latency }],
    warnings,
  };
}
