import type {
  LoadedPoint,
  Measured,
  MeasurementWitness,
} from "@evenkeel/core/calibration/calibration.ts";
import { indexSet, isSubset, unionAll } from "@evenkeel/core/set/index-set.ts";
import { formatList, setOf } from "@evenkeel/core/set/list-format.ts";
import { at } from "@evenkeel/core/unit/list.ts";
import { sumOf } from "@evenkeel/core/unit/sum.ts";
import type { Done, Seen } from "./crew/protocol.ts";
import { lineBytes } from "./kernels/kernels.ts";
import type { Cell } from "./plan/plan-cells.ts";

/** One while of work, by all threads of a cell that had a task. */
export interface Window {
  readonly done: readonly Done[];
  readonly seen: Seen;
}

/**
 * The time that a thread ran: that in which it was ready and another had its CPU is no time of
 * memory. What others left in the caches stays in the figure, which is why the share is told.
 */
const ranNs = ({ ns, waitedNs }: Done): number =>
  Math.max(1, ns - (waitedNs === null ? 0 : waitedNs));

/** Hops or bytes in a nanosecond of a thread's own time. */
export const ownRate = (done: Done): number => done.amount / ranNs(done);

/** Nanoseconds of a hop, by the first thread. */
export const hopNs = ({ done }: Window): number =>
  ranNs(at(done, 0)) / Math.max(1, at(done, 0).amount);

/** Bytes a second of all threads together. */
export const bytesPerSecond = ({ done }: Window): number =>
  sumOf(done, (one) => ownRate(one) * 1e9);

/** A point of a loaded curve: what a chase took, and what was read meanwhile, its own lines too. */
export function loadedPoint(windows: readonly Window[]): LoadedPoint {
  const latencyNs = medianOf(windows.map(hopNs));
  const read = windows.map(({ done }) =>
    sumOf(done, (one) => (one === done[0] ? lineBytes : 1) * ownRate(one) * 1e9),
  );
  return { bytesPerSecond: medianOf(read), latencyNs };
}

/** The share of the threads' time in which others had their CPUs; null where nobody told. */
export function othersShare(windows: readonly Window[]): number | null {
  const told = windows
    .flatMap(({ done }) => done)
    .flatMap(({ ns, waitedNs }) => (waitedNs === null ? [] : [{ ns, waitedNs }]));
  const all = sumOf(told, ({ ns }) => ns);
  return all <= 0 ? null : Math.min(1, sumOf(told, ({ waitedNs }) => waitedNs) / all);
}

/** The median with its spread. */
export function measured(values: readonly number[]): Measured {
  const sorted = values.toSorted((a, b) => a - b);
  return {
    median: medianOf(values),
    least: at(sorted, 0),
    most: at(sorted, sorted.length - 1),
    samples: sorted.length,
  };
}

function medianOf(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  return (at(sorted, (sorted.length - 1) >> 1) + at(sorted, sorted.length >> 1)) / 2;
}

/** What the kernel said of a cell, and what of it is not as it was bound; null where all is. */
export interface Witnessed {
  readonly witness: MeasurementWitness;
  readonly astray: string | null;
}

/** Where the threads and pages were in some windows of a cell, by the kernel's word. */
export function witnessOf(windows: readonly Window[], cell: Cell, isBound: boolean): Witnessed {
  const wanted = indexSet(cell.cpus);
  const threads = windows.flatMap(({ seen }) => seen.threads);
  const told = [...new Set(threads.flatMap(({ allowed }) => allowed ?? []))];
  const on = indexSet(threads.flatMap((one) => one.on ?? []));
  const pages = windows.flatMap(({ seen: { memory, kernelPageBytes } }) =>
    memory === null || kernelPageBytes === null
      ? []
      : [memory.map(({ node, bytes }) => ({ node, count: Math.round(bytes / kernelPageBytes) }))],
  );
  const witness = {
    cpus: told.length === 0 ? formatList(on) : allOf(told),
    pages: pages.at(-1) ?? [],
  };
  const isOff =
    isBound && !(isSubset(on, wanted) && told.every((list) => isSubset(setOf(list), wanted)));
  if (isOff) {
    return {
      witness,
      astray: `threads ran on CPUs ${formatList(on)} and might on ${allOf(told)}, not on ${formatList(wanted)} alone`,
    };
  }
  const away = pages.flat().find(({ node, count }) => node !== cell.target && count > 0);
  return {
    witness,
    astray: away === undefined ? null : `${away.count} pages were on node ${away.node}`,
  };
}

const allOf = (lists: readonly string[]): string => formatList(unionAll(lists.map(setOf)));
