import { indexSet } from "@evenkeel/core/set/index-set.ts";
import { formatList } from "@evenkeel/core/set/list-format.ts";
import type { CoreParts } from "@evenkeel/core/topology/build.ts";
import type { Row } from "./table.ts";

/** A CPU with its row of the table. */
export interface CpuRow {
  readonly cpu: number;
  readonly row: Row;
}

/**
 * The cores of the CPUs in a table.
 *
 * lscpu numbers cores over the whole machine, from the kernel's and firmware's numbers, and starts
 * again for each kind of CPU. So CPUs are threads of one core only if they also agree in package,
 * cluster, node and L1 data cache, which no two cores share. The two halves of an AMD compute unit,
 * which lscpu counts as one core, are two cores here and in sysfs.
 *
 * No cores are returned, rather than guessed ones, if a core's number is missing, if a core would
 * have more threads than lscpu itself reports, or if the numbers are the firmware's own (`lscpu
 * -y`): these repeat, and without caches they cannot tell cores apart.
 */
export function coresOf(rows: readonly CpuRow[], threadsPerCore: number | null): CoreParts[] {
  if (rows.some(({ row }) => !row.has("core"))) return [];
  if (!rows.every(({ row }) => row.has("l1d") || row.has("l1")) && !isNumberedByLscpu(rows)) {
    return [];
  }
  const cores = [...Map.groupBy(rows, keyOf).values()];
  const threadsMax = threadsPerCore ?? THREADS_MAX;
  if (cores.some((members) => members.length > threadsMax)) return [];
  const clusters = Map.groupBy(rows, ({ row }) => clusterKey(row));
  const l3Of = numbering();
  return cores.flatMap((members) => {
    const row = members[0]?.row;
    if (row === undefined) return [];
    const socket = numberIn(row, "socket");
    const l3 = row.get("l3");
    const cluster = clusters.get(clusterKey(row)) ?? [];
    // A cluster no larger than its core shares nothing.
    const shares = row.has("cluster") && cluster.length > members.length;
    return [
      {
        package: socket,
        die: null,
        cluster: shares ? (cluster[0]?.cpu ?? null) : null,
        l3: l3 === undefined ? null : l3Of(l3),
        cpus: formatList(indexSet(members.map(({ cpu }) => cpu))),
      },
    ];
  });
}

/** The most threads per core of any processor (POWER). */
const THREADS_MAX = 8;

const placeColumns = ["drawer", "book", "socket", "cluster", "node", "core"] as const;

function keyOf({ row }: CpuRow): string {
  const place = placeColumns.map((name) => row.get(name) ?? "");
  return [...place, row.get("l1d") ?? row.get("l1") ?? ""].join("/");
}

function clusterKey(row: Row): string {
  return ["drawer", "book", "socket", "cluster"].map((name) => row.get(name) ?? "").join("/");
}

/** Whether lscpu numbered the cores: it gives each new core the next number, from 0. */
function isNumberedByLscpu(rows: readonly CpuRow[]): boolean {
  let next = 0;
  for (const { row } of rows) {
    const core = numberIn(row, "core");
    if (core === null || core > next) return false;
    if (core === next) next++;
  }
  return true;
}

/** A column's number; null where it is missing. */
export function numberIn(row: Row, name: string): number | null {
  const text = row.get(name) ?? "";
  return /^\d{1,9}$/.test(text) ? Number(text) : null;
}

function numbering(): (text: string) => number {
  const numbers = new Map<string, number>();
  return (text) => {
    const known = numbers.get(text) ?? numbers.size;
    numbers.set(text, known);
    return known;
  };
}
