import type { Tree } from "../../tree/tree.ts";

/** What the CPUs of a machine have done since it started, in the kernel's ticks. */
export interface CpuTimes {
  /** All that is counted. */
  readonly all: number;
  /** Anything but waiting for work; without what a hypervisor gave to others. */
  readonly busy: number;
  /** What a hypervisor gave to others. */
  readonly steal: number;
}

/**
 * The lines of /proc/stat about single CPUs. Guests' time is counted in user time too, and so left
 * out. https://man7.org/linux/man-pages/man5/proc_stat.5.html
 */
export function readCpuTimes(tree: Tree): ReadonlyMap<number, CpuTimes> {
  const times = new Map<number, CpuTimes>();
  for (const line of (tree.readText("/proc/stat") ?? "").split("\n")) {
    const match = /^cpu(\d{1,5})((?: \d{1,18}){8,10})$/.exec(line.trimEnd());
    if (match === null) continue;
    const fields = (match[2] ?? "").trim().split(" ").map(Number);
    const [user, nice, system, idle, waiting, irq, softirq, steal] = fields;
    if (user === undefined || nice === undefined || system === undefined) continue;
    if (idle === undefined || waiting === undefined || irq === undefined) continue;
    if (softirq === undefined || steal === undefined) continue;
    const busy = user + nice + system + irq + softirq;
    times.set(Number(match[1]), { busy, steal, all: busy + idle + waiting + steal });
  }
  return times;
}

/** The share of the time between two looks, from 0 to 1; null where none has passed. */
export function shareBetween(
  before: ReadonlyMap<number, CpuTimes>,
  after: ReadonlyMap<number, CpuTimes>,
  cpus: readonly number[],
  what: "busy" | "steal",
): number | null {
  let [part, whole] = [0, 0];
  for (const cpu of cpus) {
    const [first, last] = [before.get(cpu), after.get(cpu)];
    if (first === undefined || last === undefined) continue;
    part += last[what] - first[what];
    whole += last.all - first.all;
  }
  return whole <= 0 ? null : Math.min(1, Math.max(0, part / whole));
}
