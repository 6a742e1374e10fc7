import type { Evidence } from "../../../evidence/evidence.ts";
import { advice } from "../../../remedy/remedy.ts";
import { unknownCost } from "../../../verify/verdict/check.ts";
import { accused, acquitted, type Cause, irrelevant, untold } from "../../subject/cause.ts";

/**
 * Same-page merging makes one page of equal ones, by default also of different nodes: then a VM
 * reads some of its memory from another node, and pays a fault and a copy to write to it
 * (docs.kernel.org/admin-guide/mm/ksm.html, merge_across_nodes). QEMU offers all memory of its VMs
 * for that unless it is told not to (`mem-merge=off`).
 *
 * Where the kernel counts the merged pages of the process (`ksm_merging_pages`, Linux 5.19), that
 * decides: it merges neither huge pages of hugetlbfs nor memory that VFIO pins.
 */
export const ksmOn: Cause = {
  code: "ksm-on",
  layer: "host",
  looksFor: "the kernel merges equal pages, also of different nodes",
  observable: "kernel.ksmRun",
  readFrom: "/sys/kernel/mm/ksm/run, /proc/PID/ksm_merging_pages",
  acquittedBy: "not 1, or no merged page",
  followsFrom: [],
  judge: ({ evidence }) => {
    const { ksmRun } = evidence.kernel;
    if (ksmRun === null) return untold("/sys/kernel/mm/ksm/run was not read");
    if (ksmRun !== 1) return acquitted(`ksm/run is ${ksmRun}`);
    const merged = evidence.process?.mergedPages ?? null;
    if (merged === 0) return acquitted("ksm/run is 1, but none of its pages is merged");
    // Of other processes only what they offer themselves is merged, which few do.
    if (merged === null && isOrdinary(evidence)) return irrelevant;
    const counted = merged === null ? "" : `: ${merged} of its pages are merged with equal ones`;
    return accused({
      about: "same-page merging",
      expected: "off",
      found: `ksm/run is 1${counted}`,
      evidence: [
        "/sys/kernel/mm/ksm/run: 1",
        ...(merged === null ? [] : [`/proc/${pidOf(evidence)}/ksm_merging_pages: ${merged}`]),
      ],
      seen: merged === null ? "inferred" : "directly",
      cost: unknownCost,
      remedy: advice(
        "live",
        "Stop merging and take merged pages apart: write 2 to /sys/kernel/mm/ksm/run, and stop " +
          "ksmtuned, which turns it on again.",
      ),
    });
  },
};

function isOrdinary({ of }: Evidence): boolean {
  return of === "process" || of === "container";
}

function pidOf({ process: own }: Evidence): string {
  return own === null ? "PID" : `${own.pid}`;
}
