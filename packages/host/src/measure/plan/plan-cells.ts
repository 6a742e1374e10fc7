import { at } from "@evenkeel/core/unit/list.ts";
import { formatBytes, MiB } from "@evenkeel/core/unit/bytes.ts";
import { sumOf } from "@evenkeel/core/unit/sum.ts";
import type { MeasurableMachine, MeasurableNode, MeasureLimits } from "./machine.ts";

/** What is measured of one pair of nodes at once, by one set of threads. */
export interface Cell {
  readonly kind: "one-core" | "all-cores";
  readonly initiator: number;
  readonly target: number;
  /** The CPU of each thread; the first chases. */
  readonly cpus: readonly number[];
  /** The memory of each thread. */
  readonly bytes: readonly number[];
  /** From huge pages that are set apart. */
  readonly fromReserved: boolean;
  readonly figures: readonly Figure[];
  /** How often each figure, or point of a curve, is measured, beside once to warm up. */
  readonly windows: number;
  readonly windowMs: number;
  readonly estimatedMs: number;
}

export type Figure = "latency" | "read" | "write" | "copy" | "loaded";

export interface MeasurePlan {
  readonly cells: readonly Cell[];
  readonly estimatedMs: number;
  /** The most memory that any cell has. */
  readonly memoryBytes: number;
  /** Sentences: what is left out, and why. */
  readonly leftOut: readonly string[];
}

/**
 * How often injecting cores count after each line that they read, for the points of a loaded curve:
 * from so often that they hardly read, to not at all, which is all the load that there is.
 */
export const loadedTurns = [4096, 1024, 256, 128, 64, 32, 16, 8, 4, 0] as const;

/** Beside its buffer a thread has its engine, and up to a huge page at each end. */
const threadOverheadBytes = 12 * MiB;

const step = 2 * MiB;
/** Past this share of a cache its pages are met again too seldom to matter. */
const chaseCaches = 8;
const chaseCachesLeast = 2;
const streamCaches = 4;
const chaseBytesLeast = 64 * MiB;
const streamBytesLeast = 16 * MiB;
/** What a chase has where nobody told how large the caches are. */
const chaseBytesUntold = 256 * MiB;
/** Where there are no caches to get past. */
const bytesWithoutCache = 8 * MiB;
/** Addresses of a chase have 32 bits. */
const chaseBytesMost = 3072 * MiB;

/** How fast memory is touched at worst, and a chain written. */
const touchMsPerMiB = 1;
const chainMsPerMiB = 2;
const startMs = 150;

/** From the most thorough to the least. */
const pains = [
  { windows: 10, windowMs: 30 },
  { windows: 7, windowMs: 25 },
  { windows: 5, windowMs: 20 },
  { windows: 3, windowMs: 15 },
] as const;
type Pains = (typeof pains)[number];

/**
 * What to measure of a machine within limits of memory and time. Each cell has the memory that its
 * caches ask for, as far as the limit and the nodes' free memory go; where that is less than twice
 * a cache, the pair is left out, because caches would be measured.
 *
 * Where the time is short, each figure is first measured less often; then what is worth least is
 * left out: loaded curves, then all cores at once, then the bandwidth of one core, and last the
 * latencies of the farthest pairs. So the sum of the estimates never exceeds the time; whoever
 * measures stops at the limit even if an estimate was wrong.
 */
export function planCells(machine: MeasurableMachine, limits: MeasureLimits): MeasurePlan {
  const leftOut: string[] = [];
  const pairs = pairsOf(machine);
  if (pairs.length === 0) leftOut.push("there is no CPU, or no memory, that may be used here");
  const sized = pairs.flatMap((pair) => {
    const one = oneCore(pair, limits, leftOut);
    return one === null ? [] : [{ pair, one, all: allCores(pair, one, limits, leftOut) }];
  });
  const telling = limits.isCursory ? [] : tellingPairs(machine, pairs);
  const curves = new Set(limits.everyPair ? pairs : telling);
  // What is worth least is last.
  const wanted: Sized[] = [];
  for (const { one } of sized) wanted.push({ ...one, figures: ["latency"] });
  for (const { one } of sized) wanted.push({ ...one, figures: ["read", "write", "copy"] });
  for (const { all } of sized) if (all !== null) wanted.push(all);
  for (const { pair, all } of sized) {
    if (all !== null && curves.has(pair)) wanted.push({ ...all, figures: ["loaded"] });
  }
  const enough = limits.isCursory
    ? leastPains
    : pains.find((one) => timeOf(joined(wanted), one) <= limits.timeMs);
  const pain = enough ?? leastPains;
  const kept = [...wanted];
  while (timeOf(joined(kept), pain) > limits.timeMs) kept.pop();
  if (kept.length < wanted.length) leftOut.push(shortOfTime(wanted.slice(kept.length)));
  const cells = joined(kept).map((cell) => timed(cell, pain));
  return {
    cells,
    estimatedMs: sumOf(cells, ({ estimatedMs }) => estimatedMs),
    memoryBytes: Math.max(0, ...cells.map(memoryOf)),
    leftOut,
  };
}

const leastPains = at(pains, pains.length - 1);

type Sized = Omit<Cell, "windows" | "windowMs" | "estimatedMs">;

interface Pair {
  readonly initiator: MeasurableNode;
  readonly target: MeasurableNode;
  /** SLIT's, or whether it is the node itself where nobody told. */
  readonly distance: number;
}

/** All pairs with a CPU and memory, nearest first. */
function pairsOf({ nodes, distances }: MeasurableMachine): readonly Pair[] {
  const pairs = nodes.flatMap((initiator, row) =>
    nodes.map((target, column): Pair => {
      const told = distances?.[row]?.[column];
      return { initiator, target, distance: told ?? (row === column ? 10 : 20) };
    }),
  );
  return pairs
    .filter(({ initiator, target }) => initiator.cpus.length > 0 && target.freeBytes > 0)
    .toSorted((a, b) => a.distance - b.distance);
}

/** For each initiator its own memory, and the nearest and the farthest other. */
function tellingPairs(machine: MeasurableMachine, pairs: readonly Pair[]): readonly Pair[] {
  return machine.nodes.flatMap((node) => {
    const own = pairs.filter(({ initiator }) => initiator === node);
    const others = own.filter(({ target }) => target !== node);
    const chosen = [own.find(({ target }) => target === node), others[0], others.at(-1)];
    return [...new Set(chosen)].filter((pair) => pair !== undefined);
  });
}

const wholeSteps = (bytes: number): number => Math.floor(bytes / step) * step;

/** What a crew of so many threads may have of a node, all together. */
function roomFor(threads: number, { target }: Pair, { memoryBytes }: MeasureLimits): number {
  return Math.min(memoryBytes, target.freeBytes) - threads * threadOverheadBytes;
}

function oneCore(pair: Pair, limits: MeasureLimits, leftOut: string[]): Sized | null {
  const { initiator, target } = pair;
  const cache = initiator.coreCacheBytes;
  const wanted =
    cache === null
      ? chaseBytesUntold
      : cache === 0
        ? bytesWithoutCache
        : Math.min(chaseBytesMost, Math.max(chaseBytesLeast, cache * chaseCaches));
  const least = cache === null ? chaseBytesLeast : Math.max(step, cache * chaseCachesLeast);
  const bytes = wholeSteps(Math.min(wanted, roomFor(1, pair, limits)));
  const names = `CPUs of node ${initiator.id} with memory of node ${target.id}`;
  if (bytes < least) {
    leftOut.push(
      `${names}: at most ${formatBytes(Math.max(0, bytes))} may be used there, which is not past ` +
        `the caches; ${formatBytes(least)} would be`,
    );
    return null;
  }
  return {
    kind: "one-core",
    initiator: initiator.id,
    target: target.id,
    cpus: initiator.cpus.slice(0, 1),
    bytes: [bytes],
    fromReserved: target.freeHugeBytes >= 2 * bytes,
    figures: [],
  };
}

function allCores(pair: Pair, one: Sized, limits: MeasureLimits, leftOut: string[]): Sized | null {
  const { initiator, target } = pair;
  const names = `all cores of node ${initiator.id} with memory of node ${target.id}`;
  // A single core has been measured then.
  if (initiator.coreCount < 2 || initiator.cpus.length < 2) return null;
  if (!initiator.mayBeLoaded || !target.mayBeLoaded) {
    leftOut.push(`${names}: that would disturb what runs there`);
    return null;
  }
  const threads = initiator.cpus.length;
  const chase = at(one.bytes, 0);
  const room = (roomFor(threads, pair, limits) - chase) / (threads - 1);
  const cache = initiator.nodeCacheBytes;
  const wanted = cache === null ? chase : (cache * streamCaches) / threads;
  const least = cache === 0 ? bytesWithoutCache : streamBytesLeast;
  const each = wholeSteps(Math.min(Math.max(least, wanted), room, chaseBytesMost));
  const isPast = cache === null || each * (threads - 1) + chase >= 2 * cache;
  if (each < step || !isPast) {
    leftOut.push(`${names}: too little memory may be used there to be past the caches of them all`);
    return null;
  }
  const bytes = initiator.cpus.map((_, i) => (i === 0 ? chase : each));
  return {
    kind: "all-cores",
    initiator: initiator.id,
    target: target.id,
    cpus: initiator.cpus,
    bytes,
    fromReserved: target.freeHugeBytes >= 2 * sumOf(bytes, (one_) => one_),
    figures: ["read", "write", "copy"],
  };
}

/** Cells of one pair and kind as one, which goes to its posts once. */
function joined(cells: readonly Sized[]): readonly Sized[] {
  const groups = Map.groupBy(
    cells,
    ({ kind, initiator, target }) => `${kind} ${initiator} ${target}`,
  );
  return [...groups.values()].map((group) => {
    return { ...at(group, 0), figures: group.flatMap(({ figures }) => figures) };
  });
}

function timed(cell: Sized, { windows, windowMs }: Pains): Cell {
  const { figures, bytes } = cell;
  const MiBs = sumOf(bytes, (one) => one) / MiB;
  const chases = figures.includes("latency") || figures.includes("loaded");
  const fills = figures.filter((figure) => figure !== "latency").length;
  const setUp =
    startMs +
    MiBs * touchMsPerMiB * (1 + fills / 4) +
    (chases ? (at(bytes, 0) / MiB) * chainMsPerMiB : 0);
  const measured = sumOf(figures, (one) => (one === "loaded" ? loadedTurns.length : 1));
  const estimatedMs = setUp + measured * (windows + 2) * windowMs;
  return { ...cell, windows, windowMs, estimatedMs };
}

/**
 * A cell that takes less time, because others before it took longer than estimated: fewer windows,
 * at least as many as the least pains have.
 *
 * @param share of its time that there is, from 0 to 1.
 */
export function hurried(cell: Cell, share: number): Cell {
  const { windows, windowMs } = cell;
  if (share >= 1) return cell;
  const fewer = Math.max(Math.min(windows, leastPains.windows), Math.floor(windows * share));
  return { ...cell, windows: fewer, windowMs: Math.min(windowMs, leastPains.windowMs) };
}

function timeOf(cells: readonly Sized[], pain: Pains): number {
  return sumOf(cells, (cell) => timed(cell, pain).estimatedMs);
}

/** The memory that a cell takes, with what its threads need beside their buffers. */
function memoryOf({ bytes }: Pick<Cell, "bytes">): number {
  return sumOf(bytes, (one) => one + threadOverheadBytes);
}

function shortOfTime(cells: readonly Sized[]): string {
  const kinds = new Map([
    ["loaded", "loaded curves"],
    ["all-cores", "bandwidths of all cores"],
    ["one-core", "bandwidths of one core"],
    ["latency", "latencies"],
  ]);
  const counts = Map.groupBy(cells, ({ kind, figures }) =>
    figures.includes("loaded") ? "loaded" : figures.includes("latency") ? "latency" : kind,
  );
  const told = [...counts].map(([kind, { length }]) => `${kinds.get(kind)} (${length} left out)`);
  return `the time is too short for ${told.join(", ")}: --time gives more`;
}
