import { availableParallelism } from "node:os";
import type {
  Calibration,
  CalibrationConditions,
  LoadedCurve,
  MemoryFigures,
} from "@evenkeel/core/calibration/calibration.ts";
import { topologyDigest } from "@evenkeel/core/topology/digest.ts";
import type { Topology } from "@evenkeel/core/topology/topology.ts";
import { formatBytes } from "@evenkeel/core/unit/bytes.ts";
import { sumOf } from "@evenkeel/core/unit/sum.ts";
import type { Clock } from "../clock/clock.ts";
import type { HeldHere } from "../holding/read-holdings.ts";
import type { Tree } from "../tree/tree.ts";
import { bindingWay, type BindingWay, canPlace } from "./binding-way.ts";
import { type Copies, measureCopies } from "./copies.ts";
import { machineConditions } from "./conditions.ts";
import { readCpuTimes } from "./plan/cpu-times.ts";
import type { MeasureLimits } from "./plan/machine.ts";
import { type Cell, hurried, planCells } from "./plan/plan-cells.ts";
import { surveyMachine } from "./plan/survey.ts";
import {
  type CellResult,
  type CellRun,
  cellRun,
  endCrews,
  endOfRun,
  runCell,
} from "./run-cells.ts";
import { wrongDistances } from "./shown-distances.ts";

export interface MeasureOptions {
  /** Null bounds are chosen by the machine. */
  readonly memoryBytes: number | null;
  readonly timeMs: number | null;
  readonly everyPair: boolean;
  readonly isGentle: boolean;
  /** What the VMs here hold. */
  readonly held: readonly Pick<HeldHere, "vcpus" | "memory">[];
  /** A new look at this machine. */
  readonly tree: () => Tree;
  readonly clock: Clock;
  /** Ends it when aborted; what has been measured by then is the result. */
  readonly signal: AbortSignal;
  readonly version: string;
  /** Where to look for numactl and taskset, as in `PATH`. */
  readonly path: string;
  readonly progress: (step: MeasureProgress) => void;
}

/** How far it is. */
export interface MeasureProgress {
  readonly cell: Cell;
  /** From 0. */
  readonly index: number;
  readonly cells: number;
  readonly leftMs: number;
}

const memoryBytesUsual = 4 * 2 ** 30;
const surveyMs = 250;

/** About a minute for two nodes, and more for more pairs of them. */
const usualTimeMs = (nodes: number): number => Math.min(600_000, 30_000 + 7500 * nodes * nodes);

/**
 * Measures what distance costs on this machine: the latency of dependent reads, the bandwidth of
 * one core and of all cores, and latency under load, for pairs of nodes with CPUs and nodes with
 * memory. The kernel is asked meanwhile where the threads and their pages are, and a figure of
 * which it says otherwise is none.
 *
 * @param topology this machine, as it was just read.
 * @returns what was measured, with all that disturbed it or was left out as sentences.
 */
export async function measureMachine(
  topology: Topology,
  options: MeasureOptions,
): Promise<Calibration> {
  const { clock, tree, signal, isGentle, held } = options;
  const before = readCpuTimes(tree());
  const [way] = await Promise.all([bindingWay(options.path), clock.sleep(surveyMs, signal)]);
  const told = machineConditions(tree());
  const isEmulated = told.isEmulated === true;
  const input = { topology, tree: tree(), before, held, isGentle, isEmulated };
  const { machine, notes } = surveyMachine(input);
  const limits: MeasureLimits = {
    memoryBytes: Math.min(options.memoryBytes ?? memoryBytesUsual, process.availableMemory() / 2),
    timeMs: options.timeMs ?? usualTimeMs(topology.nodes.length),
    everyPair: options.everyPair,
    isCursory: isEmulated,
  };
  const slower = waitingFactor(tree());
  const plan = planCells(machine, { ...limits, timeMs: limits.timeMs / slower });
  const warnings = [...notes, ...plan.leftOut];
  const cells = plan.cells.filter((cell) => canPlace(way, cell, topology.nodes.length));
  if (cells.length < plan.cells.length) warnings.push(unplaced(way));
  const untilMs = clock.monotonicMs() + limits.timeMs;
  const run = cellRun({ way, isGentle, isCursory: isEmulated, seed, tree, clock, untilMs, signal });
  const results = await runAll(run, cells, warnings, options.progress);
  const copies = await copiesOf(topology, options, () => untilMs - clock.monotonicMs());
  warnings.push(...copies.warnings);
  const memory = memoryFigures(results);
  const conditions: CalibrationConditions = {
    isGentle,
    ...told,
    stealShare: meanOf(results, "stealShare"),
    othersShare: meanOf(results, "othersShare"),
  };
  warnings.push(...pageWarnings(results), ...apartWarnings(results, conditions));
  if (!isEmulated) {
    const ids = topology.nodes.map(({ id }) => id);
    warnings.push(...wrongDistances(memory, topology.distances, ids));
  }
  return {
    apiVersion: "evenkeel/v1",
    kind: "Calibration",
    host: topology.name,
    topologyDigest: topologyDigest(topology),
    measuredAt: clock.now().toISOString(),
    tool: { name: "evenkeel", version: options.version, method: methodOf(results, way) },
    memory,
    total: [],
    loaded: loadedCurves(results),
    copies: copies.copies,
    peers: copies.peers,
    conditions,
    warnings,
  };
}

/** More is not planned for: what comes of it is seen as it goes. */
const waitingMost = 4;

/**
 * How much longer things take than on an idle machine: on average so many wait for each CPU, and
 * this would be one more. 1 where nobody told.
 */
function waitingFactor(tree: Tree): number {
  const ready = /^(\d{1,6}\.\d\d) /.exec(tree.readText("/proc/loadavg") ?? "")?.[1];
  if (ready === undefined) return 1;
  return Math.min(waitingMost, Math.max(1, Number(ready) / availableParallelism()));
}

/** Measures all cells that there is time for, each in its share of the time that is left. */
async function runAll(
  run: CellRun,
  cells: readonly Cell[],
  warnings: string[],
  progress: MeasureOptions["progress"],
): Promise<readonly CellResult[]> {
  const { clock, untilMs, signal } = run.setting;
  const results: CellResult[] = [];
  const startedMs = clock.monotonicMs();
  let estimatedMs = 0;
  let done = 0;
  try {
    for (const [index, cell] of cells.entries()) {
      if (endOfRun(run) !== null) break;
      const now = clock.monotonicMs();
      const pace = estimatedMs === 0 ? 1 : (now - startedMs) / estimatedMs;
      const neededMs = pace * sumOf(cells.slice(index), (one) => one.estimatedMs);
      const leftMs = Math.min(neededMs, untilMs - now);
      progress({ cell, index, cells: cells.length, leftMs });
      const result = await runCell(run, hurried(cell, (untilMs - now) / neededMs));
      estimatedMs += cell.estimatedMs;
      if ("cell" in result) results.push(result);
      if (signal.aborted) break;
      done = index + 1;
      if (!("cell" in result)) warnings.push(`${nameOf(cell)} has no figures: ${result.why}`);
    }
  } finally {
    await endCrews(run);
  }
  const end = endOfRun(run);
  if (end !== null && done < cells.length) warnings.push(endSentence(end, done, cells.length));
  return results;
}

/** Gently accelerators are left alone: nobody here knows whether one of them is idle. */
async function copiesOf(
  topology: Topology,
  { isGentle, path, signal }: MeasureOptions,
  timeMs: () => number,
): Promise<Copies> {
  if (!isGentle) return measureCopies(topology, { path, signal, timeMs });
  const isThere = topology.accelerators.length > 0;
  const warning = "copies to accelerators are not measured gently; --full does";
  return { copies: [], peers: [], warnings: isThere ? [warning] : [] };
}

/** The same order of addresses every time. */
const seed = 0x2545f491;

function nameOf({ kind, initiator, target }: Cell): string {
  const who = kind === "one-core" ? "a core" : "all cores";
  return `${who} of node ${initiator} with memory of node ${target}`;
}

function unplaced(way: BindingWay): string {
  const why = way === "taskset" ? "taskset binds CPUs alone" : "nothing here binds memory";
  return `memory of other nodes cannot be measured: ${why}; install koffi beside evenkeel, or numactl`;
}

function endSentence(end: "interrupted" | "late" | "load", done: number, cells: number): string {
  const rest = `${cells - done} of ${cells} steps were left out`;
  switch (end) {
    case "interrupted":
      return `interrupted: ${rest}`;
    case "late":
      return `the time is over: ${rest}; --time gives more`;
    case "load":
      return `others wanted the CPUs, and gave way to: ${rest}; --full goes on`;
  }
}

/** One entry for each pair, from its cells. */
function memoryFigures(results: readonly CellResult[]): readonly MemoryFigures[] {
  const pairs = Map.groupBy(results, ({ cell }) => `${cell.initiator} ${cell.target}`);
  return [...pairs.values()]
    .flatMap((ofPair): readonly MemoryFigures[] => {
      const one = ofPair.find(({ cell }) => cell.kind === "one-core");
      const all = ofPair.find(({ cell }) => cell.kind === "all-cores");
      const [first] = ofPair;
      if (first === undefined) return [];
      const { initiator, target } = first.cell;
      const measured = (result: CellResult | undefined): CellResult["bandwidths"] | null =>
        result === undefined || Object.values(result.bandwidths).every((value) => value === null)
          ? null
          : result.bandwidths;
      return [
        {
          initiator,
          target,
          readLatencyNs: one?.latency ?? null,
          oneCore: measured(one),
          allCores: measured(all),
          pageBytes: first.pageBytes,
          witness: (all ?? first).witnessed.witness,
        },
      ];
    })
    .toSorted(byPair);
}

function byPair(a: Pick<MemoryFigures, "initiator" | "target">, b: typeof a): number {
  return Number(a.initiator) - Number(b.initiator) || Number(a.target) - Number(b.target);
}

function loadedCurves(results: readonly CellResult[]): readonly LoadedCurve[] {
  return results
    .filter(({ curve }) => curve.length > 1)
    .map(({ cell: { initiator, target }, curve }) => ({ initiator, target, points: curve }))
    .toSorted(byPair);
}

function meanOf(
  results: readonly CellResult[],
  share: "stealShare" | "othersShare",
): number | null {
  const told = results.flatMap((result) => result[share] ?? []);
  return told.length === 0 ? null : sumOf(told, (one) => one) / told.length;
}

/** From here on, threads that should all run at once often do not. */
const apartShare = 0.2;

function apartWarnings(
  results: readonly CellResult[],
  { othersShare }: CalibrationConditions,
): readonly string[] {
  const together = results.some(({ cell }) => cell.kind === "all-cores");
  if (!together || othersShare === null || othersShare < apartShare) return [];
  return [
    "others had the CPUs so often that threads seldom ran at the same time: bandwidths of all cores are " +
      "too high, and loaded latencies too low",
  ];
}

function pageWarnings(results: readonly CellResult[]): readonly string[] {
  const base = results.filter(({ hugeShare }) => hugeShare !== null && hugeShare < 0.9);
  const [first] = base;
  if (first === undefined) return [];
  const share = `${(100 * Number(first.hugeShare)).toFixed(0)} %`;
  return [
    `${base.length} of ${results.length} steps had ${share} of their memory in huge pages: with base ` +
      "pages the latency has the walk of page tables in it",
  ];
}

function methodOf(results: readonly CellResult[], way: BindingWay): string {
  const bytes = results.map(({ cell }) => Number(cell.bytes[0]));
  if (bytes.length === 0) return "nothing was measured";
  const sizes = [...new Set([Math.min(...bytes), Math.max(...bytes)])];
  const bound = way === "threads" ? "each bound by itself" : `bound by ${way}`;
  return (
    "latency: dependent reads of every line of a buffer in a random order; bandwidth: reads, writes " +
    "and copies in order, 16 bytes each by WebAssembly SIMD with ordinary stores, each of which reads " +
    `its line first; buffers of ${sizes.map(formatBytes).join(" to ")}, threads ${bound}; medians of ` +
    "windows of some milliseconds of the threads' own time"
  );
}
