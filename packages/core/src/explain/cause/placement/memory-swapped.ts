import { advice } from "../../../remedy/remedy.ts";
import { formatBytes, MiB } from "../../../unit/bytes.ts";
import { sum } from "../../../unit/sum.ts";
import { percent, unknownCost } from "../../../verify/verdict/check.ts";
import { accused, acquitted, type Cause, irrelevant, untold } from "../../subject/cause.ts";
import type { Subject } from "../../subject/subject.ts";

/** What lies idle is swapped out on any machine that has run for long, and is missed by nobody. */
const noticed = 0.02;
const leastBytes = 64 * MiB;

/**
 * Memory that the host has moved to its disk: whoever touches it, a guest above all, which knows
 * nothing of it, waits until it is read back, a thousand times as long as for memory. Huge pages
 * and what VFIO pins are never swapped. https://docs.kernel.org/filesystems/proc.html
 * (smaps_rollup, Swap)
 */
export const memorySwapped: Cause = {
  code: "memory-swapped",
  layer: "host",
  looksFor: "a part of its memory is on the host's disk, in swap space",
  observable: "swappedBytes of the process",
  readFrom: "/proc/PID/smaps_rollup (Swap)",
  acquittedBy: "less than 2 % of its memory in swap space",
  followsFrom: [],
  judge: (subject) => {
    const { evidence } = subject;
    if (evidence.of === "machine") return irrelevant;
    const swapped = evidence.process?.swappedBytes ?? null;
    if (swapped === null) return untold("/proc/PID/smaps_rollup was not read");
    if (swapped < leastBytes) {
      return acquitted(swapped === 0 ? "nothing is swapped out" : "next to nothing is swapped out");
    }
    const whole = wholeOf(subject, swapped);
    if (whole === null) {
      return untold(`${formatBytes(swapped)} are swapped out; of how much was not read: numa_maps`);
    }
    const part = percent(swapped, whole);
    if (swapped < whole * noticed) return acquitted(`${part} of its memory is swapped out`);
    return accused({
      about: "memory",
      expected: "all of its memory in memory",
      found: `${formatBytes(swapped)}, ${part} of it, are swapped out to disk`,
      evidence: [`${evidence.process?.where ?? "/proc/PID"}/smaps_rollup: Swap ${swapped} bytes`],
      seen: "inferred",
      cost: unknownCost,
      remedy: advice(
        "live",
        "Free memory on the host, then bring it back with swapoff -a and swapon -a; started with " +
          "huge pages or locked memory it is never swapped.",
      ),
    });
  },
};

/** All of its memory, there or swapped out; null where that is unknown. */
function wholeOf({ evidence, memoryByNode }: Subject, swapped: number): number | null {
  const told = evidence.shapes.flatMap(({ cells }) => cells ?? []);
  const sizes = told.flatMap(({ memoryBytes }) => memoryBytes ?? []);
  if (sizes.length > 0 && evidence.shapes.length === 1 && sizes.length === told.length) {
    return Math.max(swapped, sum(sizes));
  }
  return memoryByNode === null ? null : swapped + sum(memoryByNode.values());
}
