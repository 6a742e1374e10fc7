import type { Evidence } from "../../../evidence/evidence.ts";
import { advice } from "../../../remedy/remedy.ts";
import { formatBytes } from "../../../unit/bytes.ts";
import { unknownCost } from "../../../verify/verdict/check.ts";
import {
  accused,
  acquitted,
  type Cause,
  irrelevant,
  type Judgement,
  untold,
} from "../../subject/cause.ts";
import type { Subject } from "../../subject/subject.ts";
import { basePages, hugeBytes } from "./base-pages.ts";

/** From the mode that gives the fewest huge pages to the one that gives the most. */
const modes: readonly string[] = [
  "deny",
  "never",
  "madvise",
  "advise",
  "within_size",
  "always",
  "force",
];

/**
 * A guest in base pages walks two page tables of four or five levels on every TLB miss. QEMU asks
 * for transparent huge pages (madvise), so `madvise` is enough for it, and `never` is not. Memory
 * of tmpfs and memfd has a setting of its own, which is off by default.
 * https://docs.kernel.org/admin-guide/mm/transhuge.html
 *
 * Other programs may be better off without (databases say so), so for them it is a cause only
 * where the twin's machine gives more.
 */
export const thpOff: Cause = {
  code: "thp-off",
  layer: "host",
  looksFor: "memory in base pages, and transparent huge pages are off for it",
  observable: "kernel.transparentHugepages, machine.settings.shmemHugepages",
  readFrom: "/sys/kernel/mm/transparent_hugepage/{enabled,shmem_enabled}",
  acquittedBy: "transparent huge pages, or memory in huge pages of its own",
  followsFrom: [],
  judge: (subject, twin) => {
    const { evidence } = subject;
    const base = basePages(subject);
    if ("kind" in base) return differing(subject, twin) ?? base;
    const mode = modeOf(evidence, base.isPrivate);
    const file = base.isPrivate ? "enabled" : "shmem_enabled";
    if (mode === null) return untold(`/sys/kernel/mm/transparent_hugepage/${file} was not read`);
    const isOff = mode === "never" || mode === "deny";
    if (evidence.of !== "vm") {
      if (twin === null) return irrelevant;
      const other = modeOf(twin.evidence, base.isPrivate);
      if (other === null) return untold("the setting of the twin's machine was not read");
      if (modes.indexOf(other) <= modes.indexOf(mode)) {
        return acquitted(`transparent huge pages: ${mode}, no less than on the twin's machine`);
      }
    } else if (!isOff) return acquitted(`transparent huge pages: ${mode}`);
    const huge = evidence.process?.hugeMemory ?? null;
    return accused({
      about: "memory",
      expected: "transparent huge pages where it has no huge pages of its own",
      found: `${formatBytes(base.bytes)} in base pages; transparent huge pages: ${mode}`,
      evidence: [`/sys/kernel/mm/transparent_hugepage/${file}: ${mode}`],
      seen: huge !== null && hugeBytes(huge) * 10 < base.bytes ? "directly" : "inferred",
      cost: unknownCost,
      remedy: advice(
        "restart",
        `Set ${file} in /sys/kernel/mm/transparent_hugepage to ${base.isPrivate ? "madvise" : "advise"}, or give it huge pages of its own.`,
      ),
    });
  },
};

/**
 * Of two whose memory nobody looked at, the one with less of it by the setting: whether that
 * matters depends on what its programs do.
 */
function differing({ evidence }: Subject, twin: Subject | null): Judgement | null {
  if (twin === null || evidence.of === "machine") return null;
  const isUnread = [evidence, twin.evidence].every(
    ({ memory, process }) => memory === null && (process?.hugeMemory ?? null) === null,
  );
  const [own, other] = [evidence, twin.evidence].map(({ kernel }) => kernel.transparentHugepages);
  if (!isUnread || own !== "never" || (other ?? null) === null || other === "never") return null;
  return accused({
    about: "memory",
    expected: `transparent huge pages as on the twin's machine: ${other}`,
    found: "transparent huge pages: never; how much of its memory is in base pages was not read",
    evidence: ["/sys/kernel/mm/transparent_hugepage/enabled: never"],
    seen: "inferred",
    cost: unknownCost,
    remedy: advice(
      "restart",
      "Set enabled in /sys/kernel/mm/transparent_hugepage to madvise, or give it huge pages of its own.",
    ),
  });
}

/** The setting in force for private memory, or for tmpfs and memfd. */
export function modeOf({ kernel, machine }: Evidence, isPrivate: boolean): string | null {
  return isPrivate ? kernel.transparentHugepages : (machine?.settings.shmemHugepages ?? null);
}
