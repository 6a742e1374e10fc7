import type { Clock } from "../clock/clock.ts";
import type { Tree } from "../tree/tree.ts";
import { processIds } from "./process-ids.ts";

/** How busy a process was between two looks. */
export interface ProcessLoad {
  readonly pid: number;
  /** The name that the kernel has for it, which it may choose. */
  readonly name: string;
  readonly parent: number;
  /** How many CPUs all of its threads together kept busy; null after one look alone. */
  readonly busyCpus: number | null;
}

/** What one look at all processes sees: when, and how long each has run. */
type Look = ReadonlyMap<number, Seen>;

interface Seen {
  readonly name: string;
  readonly parent: number;
  readonly startTicks: number;
  readonly ranTicks: number;
  readonly atMs: number;
}

/**
 * As many processes are looked at. One file each takes some ten microseconds, and a machine has a
 * few thousand.
 */
export const processesMost = 16_384;

/**
 * Looks at all processes a first time. What is returned looks again, and tells how busy each was
 * meanwhile; threads of the kernel are left out. The two looks should be a tenth of a second apart
 * or more, as the kernel counts in hundredths.
 */
export function watchLoad(tree: Tree, clock: Clock): () => readonly ProcessLoad[] {
  const before = look(tree, clock);
  return () => {
    const now = tree.live ? look(tree, clock) : before;
    return [...now].map(([pid, seen]) => {
      const { name, parent } = seen;
      return { pid, name, parent, busyCpus: busyBetween(before.get(pid), seen) };
    });
  };
}

/** Some processes, and all that they and those that they started have started. */
export function withChildren(
  pids: ReadonlySet<number>,
  loads: readonly ProcessLoad[],
): Set<number> {
  const childrenOf = Map.groupBy(loads, ({ parent }) => parent);
  const all = new Set(pids);
  for (const pid of all) for (const child of childrenOf.get(pid) ?? []) all.add(child.pid);
  return all;
}

function busyBetween(before: Seen | undefined, now: Seen): number | null {
  // Its id may have passed to another process.
  if (before === undefined || before.startTicks !== now.startTicks) return null;
  const seconds = (now.atMs - before.atMs) / 1000;
  const ticks = now.ranTicks - before.ranTicks;
  return seconds <= 0 || ticks < 0 ? null : ticks / ticksPerSecond / seconds;
}

/** The kernel tells programs times in these, whatever it counts in itself (USER_HZ). */
const ticksPerSecond = 100;

/** `PF_KTHREAD` of the kernel. */
const isKernelThread = 0x200000;

function look(tree: Tree, { monotonicMs }: Clock): Look {
  const seen = new Map<number, Seen>();
  for (const pid of processIds(tree).slice(0, processesMost)) {
    const stat = tree.readText(`/proc/${pid}/stat`) ?? "";
    const one = parseLoad(stat, monotonicMs());
    if (one !== null) seen.set(pid, one);
  }
  return seen;
}

/** The second field of stat is the name in parentheses, which may contain anything (proc(5)). */
function parseLoad(stat: string, atMs: number): Seen | null {
  const [open, close] = [stat.indexOf("("), stat.lastIndexOf(")")];
  if (open < 0 || close < open) return null;
  const [, parent, , , , , flags, , , , , user, system, , , , , , , start] = stat
    .slice(close + 2)
    .split(" ", 24);
  const numbers = [parent, flags, user, system, start].map((text) =>
    /^\d{1,15}$/.test(text ?? "") ? Number(text) : null,
  );
  const [above, bits, ranUser, ranSystem, startTicks] = numbers;
  if (above == null || bits == null || ranUser == null || ranSystem == null) return null;
  if (startTicks == null || (bits & isKernelThread) !== 0) return null;
  const name = stat.slice(open + 1, close);
  return { name, parent: above, startTicks, ranTicks: ranUser + ranSystem, atMs };
}
