import type { MemoryMapping } from "../../../evidence/evidence.ts";
import { advice } from "../../../remedy/remedy.ts";
import { MiB } from "../../../unit/bytes.ts";
import { unknownCost } from "../../../verify/verdict/check.ts";
import {
  accused,
  acquitted,
  type Cause,
  irrelevant,
  type Judgement,
  untold,
} from "../../subject/cause.ts";
import { nodesWithCpus } from "../../subject/nodes-of.ts";
import { shareOff, spreadOf } from "../../subject/spread.ts";
import type { Subject } from "../../subject/subject.ts";
import { devicesOf } from "../../subject/yardstick.ts";

/**
 * NUMA balancing unmaps a process's pages again and again, to see by the faults which node uses
 * them, and moves them there. A worker that serves an accelerator meets these faults in the middle
 * of its work: 16 ms and more in one dispatch (DeepEP issue 624). Memory that VFIO pins cannot even
 * be moved.
 *
 * Where nothing binds the memory or the threads, and no accelerator holds them to a node, balancing
 * is what brings the two together: without it some loads lost 20 % (tuned pull request 283). So it
 * is not accused there. Nor is it over memory with a policy or in hugetlbfs, which the kernel's
 * scan leaves out (task_numa_work in kernel/sched/fair.c).
 *
 * https://docs.kernel.org/admin-guide/sysctl/kernel.html, numa_balancing: bit 0 is this, bit 1
 * moves pages between tiers of memory.
 */
export const autonumaOn: Cause = {
  code: "autonuma-on",
  layer: "host",
  looksFor: "the kernel unmaps memory again and again to see which node uses it",
  observable: "kernel.numaBalancing",
  readFrom: "/proc/sys/kernel/numa_balancing",
  acquittedBy: "0, or memory and threads that nothing else brings together",
  followsFrom: [],
  judge: (subject, twin) => {
    const { numaBalancing } = subject.evidence.kernel;
    if (numaBalancing === null) return untold("/proc/sys/kernel/numa_balancing was not read");
    const said = `kernel.numa_balancing is ${numaBalancing}`;
    if (numaBalancing % 2 === 0) return acquitted(said);
    if (nodesWithCpus(subject) === 1) return acquitted(`${said}, on a machine of one node`);
    if (isAllThatDiffers(subject, twin)) return accuse(`${said}, and off for its twin`, []);
    if (subject.evidence.of === "machine") return ofMachine(subject, said);
    const { memory, workers, topology } = subject;
    if (memory === null || workers === null || topology === null) {
      return untold(`${said}; whether that helps it or hurts shows in its numa_maps and threads`);
    }
    if (memory.length === 0) return irrelevant;
    if (!memory.some(isWatched)) {
      if (memory.some(({ policy }) => policy === null)) {
        return untold(`${said}; the policy of its memory was not read`);
      }
      return acquitted(`${said}, but leaves its memory alone: it is bound or in huge pages`);
    }
    const helps = whyItHelps(subject);
    if (helps !== null) return acquitted(`${said}, and ${helps}`);
    return accuse(said, subject.evidence.process?.vfioFiles ?? []);
  },
};

/**
 * Whether a twin has it off, and nobody looked at the memory and the threads of either, which would
 * tell whether it helps or hurts.
 */
function isAllThatDiffers(subject: Subject, twin: Subject | null): boolean {
  if (twin === null || twin.evidence.kernel.numaBalancing !== 0) return false;
  if (subject.evidence.of === "machine") return subject.topology === null;
  const hasRead = ({ memory, workers }: Subject): boolean => memory !== null || workers !== null;
  return !hasRead(subject) && !hasRead(twin);
}

/** Base pages without a policy. Pages whose size nobody told are what memory is usually of. */
function isWatched({ policy, pageBytes }: MemoryMapping): boolean {
  const isBase = pageBytes === null || pageBytes < 2 * MiB;
  return isBase && policy?.mode === "default";
}

/** What balancing does for a subject that is bound to no node; null where it does nothing. */
function whyItHelps({ evidence, topology, workers, memoryByNode, home }: Subject): string | null {
  if (topology === null || devicesOf(evidence, topology).accelerators.length > 0) return null;
  const spread = spreadOf(workers ?? [], topology);
  if (spread !== null && spread.size > 1) {
    return "it brings memory and threads together that nothing binds";
  }
  const off = home === null || memoryByNode === null ? 0 : shareOff(memoryByNode, home.nodes);
  return off > 0 ? "it brings its memory to where its threads run" : null;
}

function ofMachine({ topology }: Subject, said: string): Judgement {
  if (topology === null) return untold(`${said}; the machine's accelerators were not read`);
  if (topology.accelerators.length === 0) return acquitted(`${said}, on a machine without any GPU`);
  return accuse(said, []);
}

function accuse(said: string, vfioFiles: readonly string[]): Judgement {
  const pinned = vfioFiles.length === 0 ? "" : "; its pages are pinned, so that none can be moved";
  return accused({
    about: "NUMA balancing",
    expected: "off, where memory is placed by hand or serves an accelerator",
    found: `${said}: the kernel unmaps pages to see who uses them${pinned}`,
    evidence: [`/proc/sys/kernel/numa_balancing: ${/\d+/.exec(said)?.[0] ?? ""}`],
    seen: "inferred",
    cost: unknownCost,
    remedy: advice("live", "Turn NUMA balancing off: sysctl -w kernel.numa_balancing=0."),
  });
}
