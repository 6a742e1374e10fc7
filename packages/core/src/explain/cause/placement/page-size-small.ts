import { isHugepage } from "../../../plan/plan.ts";
import { advice } from "../../../remedy/remedy.ts";
import { formatBytes, MiB } from "../../../unit/bytes.ts";
import { sumOf } from "../../../unit/sum.ts";
import { unknownCost } from "../../../verify/verdict/check.ts";
import { accused, acquitted, type Cause, irrelevant, untold } from "../../subject/cause.ts";
import type { Subject } from "../../subject/subject.ts";
import { presentBytes } from "./base-pages.ts";
import { partInHuge } from "./thp-split.ts";

/** From this part on, memory in transparent huge pages is as good as in pages of 2 MiB. */
const nearlyAll = 0.8;

/**
 * The smaller its pages, the more of a guest's memory the TLB cannot reach, and each miss walks the
 * host's page table for every level of the guest's. A VM counts by what it asks for, or by what its
 * twin has, or, where nothing says more, by huge pages of any kind. Other programs have base pages
 * as a rule, so of them only a twin with more shows that they could.
 */
export const pageSizeSmall: Cause = {
  code: "page-size-small",
  layer: "hypervisor",
  looksFor: "memory in smaller pages than it was meant to have, or than its twin's",
  observable: "memory[].pageBytes",
  readFrom: "/proc/PID/numa_maps (kernelpagesize_kB)",
  acquittedBy: "huge pages, no smaller than the twin's",
  followsFrom: ["thp-off", "thp-split"],
  judge: (subject, twin) => {
    const { evidence, memory } = subject;
    if (evidence.of === "machine") return irrelevant;
    if (memory === null) return untold("its numa_maps was not read");
    if (sumOf(memory, presentBytes) === 0) return irrelevant;
    const own = mainPageBytes(subject);
    if (own === null) return untold("the page size of its memory was not read");
    const asked = evidence.shapes.flatMap(({ cells }) =>
      (cells ?? []).flatMap(({ pageBytes }) => pageBytes ?? []),
    );
    const other = twin === null ? null : mainPageBytes(twin);
    const meant = Math.max(0, ...asked, ...(other === null ? [] : [other]));
    const isBase = !isHugepage(own);
    const size = formatBytes(own);
    if (own >= meant && (!isBase || evidence.of !== "vm")) return acquitted(`pages of ${size}`);
    // No page of the kernel's own making is larger than 2 MiB.
    const mayBeHuge = isBase && meant <= 2 * MiB;
    const part = mayBeHuge ? partInHuge(subject, sumOf(memory, presentBytes)) : 0;
    if (part === null)
      return untold("how much is in huge pages was not read: smaps_rollup would tell");
    if (part >= nearlyAll) return acquitted("nearly all in transparent huge pages");
    const whose = asked.includes(meant) ? "as it asks for" : "as its twin has";
    return accused({
      about: "memory",
      expected: meant > own ? `pages of ${formatBytes(meant)}, ${whose}` : "huge pages",
      found: `pages of ${size}`,
      evidence: memory.slice(0, 4).map(({ where, line }) => `${where}: ${line}`),
      seen: "directly",
      cost: unknownCost,
      remedy: advice(
        "restart",
        `Set aside huge pages${meant > 0 && isHugepage(meant) ? ` of ${formatBytes(meant)}` : ""} where it belongs, and start it again with them.`,
      ),
    });
  },
};

/** The size of the pages that most of a subject's memory is in; null where that is unknown. */
function mainPageBytes({ memory }: Subject): number | null {
  const all = memory ?? [];
  const total = sumOf(all, presentBytes);
  const bySize = Map.groupBy(all, ({ pageBytes }) => pageBytes);
  for (const [size, own] of bySize) {
    if (size !== null && sumOf(own, presentBytes) * 2 > total) return size;
  }
  return null;
}
