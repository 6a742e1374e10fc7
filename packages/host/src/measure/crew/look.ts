import { MiB } from "@evenkeel/core/unit/bytes.ts";
import { count, type Tally } from "@evenkeel/core/unit/tally.ts";
import { type MappedRange, parseMaps, parseNumaMaps } from "../../procfs/parse-memory.ts";
import { parseStatus } from "../../procfs/parse-task.ts";
import { readMemorySummary } from "../../procfs/read-process-memory.ts";
import type { Tree } from "../../tree/tree.ts";
import type { Seen } from "./protocol.ts";

/** A thread that is looked at, and its memory. */
export interface Watched {
  readonly tid: number;
  /** Where its memory begins; null where nobody could tell: then it is known by its size. */
  readonly address: number | null;
  readonly bytes: number;
}

/** What the kernel says of threads of this process: where they may be and are, and their memory. */
export function lookAt(tree: Tree, threads: readonly Watched[], memoryToo: boolean): Seen {
  const { pid } = process;
  const told = threads.map(({ tid }) => {
    const folder = `/proc/${pid}/task/${tid}`;
    const { allowedCpus } = parseStatus(tree.readText(`${folder}/status`) ?? "");
    return { allowed: allowedCpus ?? null, on: processorOf(tree.readText(`${folder}/stat`) ?? "") };
  });
  if (!memoryToo) return { threads: told, memory: null, hugeBytes: null, kernelPageBytes: null };
  return { threads: told, ...memoryOf(tree, pid, threads) };
}

/** The 39th field of stat; the second is a name in parentheses, which may contain anything. */
function processorOf(stat: string): number | null {
  const field = stat.slice(stat.lastIndexOf(")") + 2).split(" ")[36];
  return field !== undefined && /^\d{1,5}$/.test(field) ? Number(field) : null;
}

function memoryOf(
  tree: Tree,
  pid: number,
  threads: readonly Watched[],
): Pick<Seen, "memory" | "hugeBytes" | "kernelPageBytes"> {
  const numa = tree.readText(`/proc/${pid}/numa_maps`);
  const maps = parseMaps(tree.readText(`/proc/${pid}/maps`) ?? "");
  const isOurs = ({ start, end }: MappedRange): boolean =>
    threads.some(({ address, bytes }) =>
      address === null
        ? end - start >= bytes && end - start <= bytes + 4 * MiB
        : start < address + bytes && address < end,
    );
  const own = new Set(maps.filter(isOurs).map(({ start }) => start));
  const ranges = parseNumaMaps(numa ?? "").filter(({ start }) => own.has(start));
  const byNode: Tally<number> = new Map();
  for (const { onNodes } of ranges)
    for (const { node, bytes } of onNodes) count(byNode, node, bytes);
  const [first] = ranges;
  return {
    memory: numa === null ? null : [...byNode].map(([node, bytes]) => ({ node, bytes })),
    hugeBytes: readMemorySummary(tree, pid).hugeMemory?.anonymousHugeBytes ?? null,
    kernelPageBytes: first?.pageBytes ?? null,
  };
}
