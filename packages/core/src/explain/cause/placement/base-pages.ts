import type { HugeMemory, MemoryMapping } from "../../../evidence/evidence.ts";
import { isHugepage } from "../../../plan/plan.ts";
import { GiB } from "../../../unit/bytes.ts";
import { sumOf } from "../../../unit/sum.ts";
import { acquitted, irrelevant, type Judgement, untold } from "../../subject/cause.ts";
import type { Subject } from "../../subject/subject.ts";

/** With less than this in base pages, the size of pages is no matter of speed. */
const worthwhile = GiB;

/** Memory of a subject in base pages, which the kernel may merge into transparent huge pages. */
export interface BasePages {
  readonly bytes: number;
  /** Whether most of it is private memory, rather than tmpfs or memfd. */
  readonly isPrivate: boolean;
  readonly mappings: readonly MemoryMapping[];
}

/** The memory of a subject in base pages, or the judgement where there is little. */
export function basePages({ evidence, memory }: Subject): BasePages | Judgement {
  if (evidence.of === "machine") return irrelevant;
  const huge = evidence.process?.hugeMemory ?? null;
  if (memory === null) {
    // What smaps_rollup counts has no huge pages of its own.
    return huge !== null && huge.anonymousBytes >= worthwhile
      ? { bytes: huge.anonymousBytes, isPrivate: true, mappings: [] }
      : untold("its numa_maps was not read");
  }
  const mappings = memory.filter(({ pageBytes }) => pageBytes !== null && !isHugepage(pageBytes));
  const bytes = sumOf(mappings, presentBytes);
  const unknown = sumOf(
    memory.filter(({ pageBytes }) => pageBytes === null),
    presentBytes,
  );
  if (bytes < worthwhile) {
    return bytes + unknown < worthwhile
      ? acquitted("less than 1 GiB of its memory is in base pages")
      : untold("the page size of its memory was not read");
  }
  const own = sumOf(mappings.filter(isPrivate), presentBytes);
  return { bytes, isPrivate: own * 2 > bytes, mappings };
}

/** How much of a mapping is there. */
export function presentBytes({ onNodes }: MemoryMapping): number {
  return sumOf(onNodes, ({ bytes }) => bytes);
}

/** Guest memory may be either; the kernel counts anonymous pages in the line of private memory. */
function isPrivate({ kind, line }: MemoryMapping): boolean {
  return kind === "anonymous" || (kind === "guest" && / anon=/.test(line));
}

/** What of a process' memory is in transparent huge pages. */
export function hugeBytes({ anonymousHugeBytes, sharedHugeBytes }: HugeMemory): number {
  return anonymousHugeBytes + sharedHugeBytes;
}
