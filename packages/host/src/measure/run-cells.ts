import type { Bandwidths, LoadedPoint, Measured } from "@evenkeel/core/calibration/calibration.ts";
import { MiB } from "@evenkeel/core/unit/bytes.ts";
import { sumOf } from "@evenkeel/core/unit/sum.ts";
import type { Clock } from "../clock/clock.ts";
import type { Tree } from "../tree/tree.ts";
import { binderOf, type BindingWay } from "./binding-way.ts";
import { type Crew, CrewLost, startCrew } from "./crew/crew.ts";
import type { Post, Task } from "./crew/protocol.ts";
import {
  bytesPerSecond,
  hopNs,
  loadedPoint,
  measured,
  othersShare,
  type Window,
  type Witnessed,
  witnessOf,
} from "./measured.ts";
import { readCpuTimes, shareBetween } from "./plan/cpu-times.ts";
import { type Cell, type Figure, loadedTurns } from "./plan/plan-cells.ts";

/** What is to be known of how cells are measured. */
export interface CellSetting {
  readonly way: BindingWay;
  readonly isGentle: boolean;
  /** Times mean nothing here. */
  readonly isCursory: boolean;
  readonly seed: number;
  /** A new look at this machine. */
  readonly tree: () => Tree;
  readonly clock: Clock;
  /** By the clock's monotonic time: nothing is begun after it. */
  readonly untilMs: number;
  readonly signal: AbortSignal;
}

/** What came of a cell. */
export interface CellResult {
  readonly cell: Cell;
  readonly latency: Measured | null;
  readonly bandwidths: Bandwidths;
  /** By ascending load. */
  readonly curve: readonly LoadedPoint[];
  readonly witnessed: Witnessed;
  /** The size of the pages that were read; null where two sizes were, or nobody told. */
  readonly pageBytes: number | null;
  /** The share of its pages that were huge ones which the kernel made; null where nobody told. */
  readonly hugeShare: number | null;
  readonly stealShare: number | null;
  readonly othersShare: number | null;
}

/** Why there is no result, in words. */
export interface CellFailure {
  readonly why: string;
}

/**
 * Others had the CPUs for more than this share of the time: a window like that is measured again.
 */
const disturbedShare = 0.1;

/** Gently, so many windows in a row in which others wanted the CPUs for this share end it all. */
const loadShare = 0.25;
const loadWindows = 3;

/** Cells that are measured one after the other, with as few crews as can be. */
export interface CellRun {
  readonly setting: CellSetting;
  /** Serves all cells that need threads with the same memory, and goes from post to post. */
  crew: { readonly key: string; readonly of: Crew } | null;
  /** How many windows in a row others wanted the CPUs. */
  disturbed: number;
}

export function cellRun(setting: CellSetting): CellRun {
  return { setting, crew: null, disturbed: 0 };
}

/** Whether nothing more is to be measured, and why; null while it goes on. */
export function endOfRun({ setting, disturbed }: CellRun): "interrupted" | "late" | "load" | null {
  const { signal, clock, untilMs, isGentle } = setting;
  if (signal.aborted) return "interrupted";
  if (clock.monotonicMs() > untilMs) return "late";
  return isGentle && disturbed >= loadWindows ? "load" : null;
}

/** Gives back all that the crews have. */
export async function endCrews(run: CellRun): Promise<void> {
  await run.crew?.of.end();
  run.crew = null;
}

/** A hypervisor gave more than this share of its CPUs' time to others: it is measured once more. */
const stolenShare = 0.05;

const isStolen = ({ stealShare }: CellResult): boolean =>
  stealShare !== null && stealShare > stolenShare;

function isBetter(second: CellResult, first: CellResult): boolean {
  return second.witnessed.astray === null && Number(second.stealShare) < Number(first.stealShare);
}

/**
 * Measures one cell. Where the kernel says that threads or pages were elsewhere than they were
 * bound to, it is measured once more, and if that stays nothing comes of it.
 */
export async function runCell(run: CellRun, cell: Cell): Promise<CellResult | CellFailure> {
  try {
    const first = await measureOnce(run, cell);
    if (!("cell" in first)) return first;
    const isAstray = first.witnessed.astray !== null;
    if (!isAstray && (!isStolen(first) || endOfRun(run) !== null)) return first;
    const second = await measureOnce(run, cell);
    if (!isAstray) return "cell" in second && isBetter(second, first) ? second : first;
    if (!("cell" in second) || second.witnessed.astray === null) return second;
    return { why: `not where it was bound: ${second.witnessed.astray}` };
  } catch (error) {
    if (!(error instanceof CrewLost)) throw error;
    await endCrews(run);
    return { why: error.message };
  }
}

async function crewFor(run: CellRun, cell: Cell): Promise<Crew> {
  const { way, isGentle, isCursory, signal } = run.setting;
  const binder = binderOf(way, cell);
  const key = JSON.stringify([binder, cell.bytes]);
  // A crew that is bound from outside keeps the memory that it has touched.
  if (run.crew?.key === key) return run.crew.of;
  await endCrews(run);
  const of = await startCrew(
    { threads: cell.bytes, isGentle, warmsUp: !isCursory },
    binder,
    signal,
  );
  run.crew = { key, of };
  return of;
}

async function measureOnce(run: CellRun, cell: Cell): Promise<CellResult | CellFailure> {
  const { way, seed, tree } = run.setting;
  const crew = await crewFor(run, cell);
  const refused = await crew.place(postsOf(cell, way), seed);
  if (refused.length > 0) return { why: refused.join(", ") };
  const before = readCpuTimes(tree());
  const all: Window[] = [];
  const figures = new Map<Figure, Measured>();
  const curve: LoadedPoint[] = [];
  for (const { figure, tasks } of cell.figures.flatMap((one) => workOf(one, cell))) {
    if (endOfRun(run) !== null) break;
    const windows = await measureWindows(run, crew, tasks, cell, all).catch((error: unknown) => {
      // What was measured before an interrupt is kept.
      if (error instanceof CrewLost && run.setting.signal.aborted) return [];
      throw error;
    });
    if (windows.length === 0) break;
    if (figure === "loaded") curve.push(loadedPoint(windows));
    else figures.set(figure, measured(windows.map(figure === "latency" ? hopNs : bytesPerSecond)));
  }
  if (all.length === 0) return { why: "there was no time for any" };
  if (all.some(({ done }) => done.some(({ isRight }) => !isRight))) {
    return { why: "its memory did not hold what was written there" };
  }
  const figure = (name: Figure): Measured | null => figures.get(name) ?? null;
  return {
    cell,
    latency: figure("latency"),
    bandwidths: {
      readBytesPerSecond: figure("read"),
      writeBytesPerSecond: figure("write"),
      copyBytesPerSecond: figure("copy"),
    },
    curve,
    witnessed: witnessOf(all, cell, way !== "nothing"),
    ...pagesOf(all),
    stealShare: shareBetween(before, readCpuTimes(tree()), cell.cpus, "steal"),
    othersShare: othersShare(all),
  };
}

function postsOf(cell: Cell, way: BindingWay): readonly Post[] {
  const bindsItself = way === "threads";
  const pages = cell.fromReserved && bindsItself ? "reserved" : "transparent";
  return cell.cpus.map((cpu) =>
    bindsItself ? { cpu, memoryNode: cell.target, pages } : { cpu: null, memoryNode: null, pages },
  );
}

/** What the threads of a cell do for a figure, or for each point of a curve. */
function workOf(
  figure: Figure,
  { kind, cpus }: Cell,
): readonly { readonly figure: Figure; readonly tasks: readonly Task[] }[] {
  const first = (task: Task, others: Task): readonly Task[] =>
    cpus.map((_, i) => (i === 0 ? task : others));
  switch (figure) {
    case "latency":
      return [{ figure, tasks: first({ kind: "chase" }, { kind: "rest" }) }];
    case "loaded":
      return loadedTurns.map((turns) => ({
        figure,
        tasks: first({ kind: "chase" }, { kind: "inject", turns }),
      }));
    case "read":
    case "write":
    case "copy": {
      const task = { kind: figure };
      return [{ figure, tasks: first(task, kind === "all-cores" ? task : { kind: "rest" }) }];
    }
  }
}

/**
 * One window to warm up, in which the pages are looked at too, and then as many as the cell wants:
 * those in which others had the CPUs for a while are measured again, up to as many times, unless
 * all of them were such. Where there are not enough quiet ones, the quietest count. The pages are
 * looked at again after the last.
 */
async function measureWindows(
  run: CellRun,
  crew: Crew,
  tasks: readonly Task[],
  { windows: wanted, windowMs }: Cell,
  all: Window[],
): Promise<readonly Window[]> {
  all.push(await crew.work(tasks, windowMs, true));
  const taken: Window[] = [];
  let quiet = 0;
  while (quiet < wanted && taken.length < 2 * wanted) {
    if (taken.length > 0 && endOfRun(run) !== null) break;
    // A machine that was never quiet will not be soon.
    if (taken.length >= wanted && quiet === 0) break;
    const window = await crew.work(tasks, windowMs, quiet === wanted - 1);
    taken.push(window);
    const share = othersShare([window]);
    if (share === null || share <= disturbedShare) quiet += 1;
    run.disturbed = share !== null && share > loadShare ? run.disturbed + 1 : 0;
  }
  all.push(...taken);
  return taken
    .toSorted((a, b) => Number(othersShare([a])) - Number(othersShare([b])))
    .slice(0, wanted);
}

/** The kernel makes huge pages of whole ones alone: less than this share is base pages. */
const hugeLeast = 0.9;

function pagesOf(windows: readonly Window[]): Pick<CellResult, "pageBytes" | "hugeShare"> {
  const seen = windows.map((window) => window.seen).findLast(({ memory }) => memory !== null);
  const bytes = sumOf(seen?.memory ?? [], (one) => one.bytes);
  const kernel = seen?.kernelPageBytes ?? null;
  if (seen === undefined || bytes === 0 || kernel === null)
    return { pageBytes: null, hugeShare: null };
  if (kernel >= 2 * MiB) return { pageBytes: kernel, hugeShare: null };
  if (seen.hugeBytes === null) return { pageBytes: null, hugeShare: null };
  const hugeShare = Math.min(1, seen.hugeBytes / bytes);
  const pageBytes = hugeShare >= hugeLeast ? 2 * MiB : hugeShare <= 1 - hugeLeast ? kernel : null;
  return { pageBytes, hugeShare };
}
