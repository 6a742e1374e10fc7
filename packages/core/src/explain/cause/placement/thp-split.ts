import { advice } from "../../../remedy/remedy.ts";
import { formatBytes } from "../../../unit/bytes.ts";
import { percent, unknownCost } from "../../../verify/verdict/check.ts";
import { accused, acquitted, type Cause, untold } from "../../subject/cause.ts";
import type { Subject } from "../../subject/subject.ts";
import { basePages, hugeBytes } from "./base-pages.ts";
import { modeOf } from "./thp-off.ts";

/** Below this part in huge pages, most accesses meet base pages. */
const half = 0.5;

/**
 * Transparent huge pages are on, and the memory is not in them: it was fragmented when the pages
 * were wanted, or something took them apart since (a balloon, same-page merging, moving single
 * pages). khugepaged mends that slowly or never.
 * https://docs.kernel.org/admin-guide/mm/transhuge.html
 *
 * A program with many small mappings cannot have more, so of anything but a VM it is a cause only
 * where the twin has most of its memory in huge pages.
 */
export const thpSplit: Cause = {
  code: "thp-split",
  layer: "host",
  looksFor: "transparent huge pages are on, and most of the memory is in base pages all the same",
  observable: "hugeMemory of the process",
  readFrom: "/proc/PID/smaps_rollup (AnonHugePages, ShmemPmdMapped)",
  acquittedBy: "most of the memory in transparent huge pages, or in huge pages of its own",
  followsFrom: ["balloon-inflated", "ksm-on"],
  judge: (subject, twin) => {
    const { evidence } = subject;
    const base = basePages(subject);
    if ("kind" in base) return base;
    const mode = modeOf(evidence, base.isPrivate);
    if (mode === null) return untold("the setting of transparent huge pages was not read");
    if (mode === "never" || mode === "deny") return acquitted("transparent huge pages are off");
    const part = partInHuge(subject, base.bytes);
    if (part === null)
      return untold("how much is in huge pages was not read: smaps_rollup would tell");
    if (part >= half) return acquitted(`${percent(part, 1)} of it is in transparent huge pages`);
    if (evidence.of !== "vm") {
      const other = twin === null ? 0 : partInTwin(twin);
      if (other === null) return untold("how much of the twin is in huge pages was not read");
      if (other < half) return acquitted(`${percent(part, 1)} in huge pages, as programs have`);
    }
    return accused({
      about: "memory",
      expected: "most of it in transparent huge pages, which are on",
      found: `${percent(part, 1)} of ${formatBytes(base.bytes)} in huge pages`,
      evidence: [`/proc/${evidence.process?.pid ?? "*"}/smaps_rollup: ${percent(part, 1)} huge`],
      seen: "directly",
      cost: unknownCost,
      remedy: advice("restart", "Start it again with huge pages of its own, which nothing splits."),
    });
  },
};

/** The part of memory in base pages that is in transparent huge pages; null where unread. */
export function partInHuge({ evidence }: Subject, bytes: number): number | null {
  const huge = evidence.process?.hugeMemory ?? null;
  return huge === null ? null : Math.min(1, hugeBytes(huge) / bytes);
}

function partInTwin(twin: Subject): number | null {
  const base = basePages(twin);
  if ("kind" in base) return base.kind === "unknown" ? null : 0;
  return partInHuge(twin, base.bytes);
}
