import { advice } from "../../../remedy/remedy.ts";
import { intersection, isDisjoint, isEmpty, isSubset, unionAll } from "../../../set/index-set.ts";
import { formatList, setOf } from "../../../set/list-format.ts";
import { unknownCost } from "../../../verify/verdict/check.ts";
import type { FindingCost } from "../../../verify/verdict/verdict.ts";
import { accused, acquitted, type Cause, irrelevant, untold } from "../../subject/cause.ts";
import type { Subject } from "../../subject/subject.ts";
import { partOfWork } from "../../subject/whereabouts.ts";
import { cpuLines, noticed, onlineCpus, workersWord, whyNoWorkers } from "./workers.ts";

/**
 * A machine with cores of several kinds: efficiency beside performance cores, or cores that the
 * firmware lets clock higher than the rest (Intel's SST-TF, which "priority core turbo" is built
 * on). Threads that are kept to the slower ones stay slow, however busy the others are.
 */
export const coreClassSlow: Cause = {
  code: "core-class-slow",
  layer: "host",
  looksFor: "vCPUs or threads are kept to slower cores than the machine has",
  observable: "machine.topology.cores[].class beside threads[].allowedCpus",
  readFrom: "/sys/devices/system/cpu/cpu*/{cpu_capacity,acpi_cppc/highest_perf}",
  acquittedBy: "cores of one class, or an affinity with a core of the fastest",
  followsFrom: [],
  judge: (subject) => {
    const { evidence, workers } = subject;
    // Classes are the machine's to tell: a sketch has none.
    const topology = subject.machine?.topology ?? null;
    if (evidence.of === "machine") return irrelevant;
    if (workers === null || workers.length === 0) return untold(whyNoWorkers(evidence));
    if (topology === null) return untold("the machine was not read: its cores would tell");
    const { cores } = topology;
    if (cores.length === 0 || cores.some((core) => core.class === null)) {
      const isAnySlow = cores.some((core) => core.class !== null && core.class > 0);
      if (!isAnySlow && haveOneClock(subject)) {
        return acquitted("all cores have the same maximum clock");
      }
      return untold("whether its cores are equally fast is not known");
    }
    const fast = unionAll(cores.filter((core) => core.class === 0).map(({ cpus }) => setOf(cpus)));
    const online = onlineCpus(topology);
    if (isEmpty(fast) || isSubset(online, fast)) return acquitted("all cores are of one class");
    const word = workersWord(subject);
    const slow = workers.filter(({ allowedCpus }) => {
      const allowed = intersection(setOf(allowedCpus ?? ""), online);
      return !isEmpty(allowed) && isDisjoint(allowed, fast);
    });
    const part = partOfWork(slow, subject);
    if (part === null) return untold("how long each thread ran was not read: schedstat would tell");
    if (slow.length === 0 || (evidence.of !== "vm" && part < noticed)) {
      return workers.some(({ allowedCpus }) => allowedCpus === null)
        ? untold(`where its ${word} may run was not read`)
        : acquitted(`${slow.length} of ${workers.length} ${word} are kept to slower cores`);
    }
    return accused({
      about: word,
      expected: `cores of the fastest class (CPUs ${formatList(fast)})`,
      found: `${slow.length} of ${workers.length} ${word} may run on slower cores only`,
      evidence: cpuLines(slow),
      seen: "directly",
      cost: priceOf(slow, part, subject),
      remedy: advice("live", `Keep its ${word} to cores of the fastest class.`),
    });
  },
};

/** Whether the hardware says one maximum clock for all online CPUs. */
function haveOneClock({ machine, topology }: Subject): boolean {
  const known = (machine?.cpus ?? []).filter(({ hardwareMaxKHz }) => hardwareMaxKHz !== null);
  const clocks = new Set(known.map(({ hardwareMaxKHz }) => hardwareMaxKHz));
  const told = unionAll(known.map(({ cpus }) => setOf(cpus)));
  return topology !== null && clocks.size === 1 && isSubset(onlineCpus(topology), told);
}

/** The ratio of the clocks that the hardware says, for the part of the work on slower cores. */
function priceOf(
  slow: readonly { readonly allowedCpus: string | null }[],
  part: number,
  { machine, topology }: Subject,
): FindingCost {
  const there = unionAll(slow.map(({ allowedCpus }) => setOf(allowedCpus ?? "")));
  const clocks = (machine?.cpus ?? []).flatMap(({ cpus, hardwareMaxKHz }) =>
    hardwareMaxKHz === null ? [] : [{ cpus: setOf(cpus), kHz: hardwareMaxKHz }],
  );
  const best = clocks.reduce((most, { kHz }) => Math.max(most, kHz), 0);
  const own = clocks.filter(({ cpus }) => !isDisjoint(cpus, there));
  const mine = own.reduce((most, { kHz }) => Math.max(most, kHz), 0);
  const isKnown =
    topology !== null && isSubset(onlineCpus(topology), unionAll(clocks.map(({ cpus }) => cpus)));
  if (!isKnown || mine === 0 || mine >= best) return unknownCost;
  return { slowdown: part * (best / mine) + (1 - part), basis: "measured" };
}
