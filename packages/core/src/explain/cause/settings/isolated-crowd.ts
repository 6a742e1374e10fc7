import type { ThreadEvidence } from "../../../evidence/evidence.ts";
import { advice } from "../../../remedy/remedy.ts";
import { isEmpty, isSubset, size } from "../../../set/index-set.ts";
import { formatList, setOf } from "../../../set/list-format.ts";
import { unknownCost } from "../../../verify/verdict/check.ts";
import { accused, acquitted, type Cause, irrelevant, untold } from "../../subject/cause.ts";
import { isolatedCpus } from "../../subject/isolated-cpus.ts";

/**
 * On CPUs that `isolcpus` takes out of the scheduler's balancing a thread stays where it was
 * started until somebody moves it. Threads that may use several of them crowd on one, often the
 * first, and the others stay idle: such threads must be pinned one by one.
 * https://docs.kernel.org/admin-guide/kernel-parameters.html, isolcpus
 */
export const isolatedCrowd: Cause = {
  code: "isolated-crowd",
  layer: "host",
  looksFor: "its threads share isolated CPUs, among which the scheduler moves nothing",
  observable: "threads[].allowedCpus, on CPUs of isolcpus",
  readFrom: "/proc/PID/task/*/status, /proc/cmdline",
  acquittedBy: "no isolated CPUs, or each thread on one of its own",
  followsFrom: [],
  judge: ({ evidence, machine, workers }) => {
    if (evidence.of === "machine") return irrelevant;
    const options = machine?.settings.bootOptions ?? null;
    if (options === null) return untold("/proc/cmdline was not read");
    const isolated = isolatedCpus(options);
    if (isEmpty(isolated)) return acquitted("no CPUs are taken out of the scheduler's balancing");
    if (workers === null) return untold("the CPUs of its threads were not read");
    const several = workers.filter(({ allowedCpus }) => {
      const allowed = setOf(allowedCpus ?? "");
      return size(allowed) > 1 && isSubset(allowed, isolated);
    });
    if (several.length < 2) {
      return workers.some(({ allowedCpus }) => allowedCpus === null)
        ? untold("the CPUs of some of its threads were not read")
        : acquitted("no two of its threads share isolated CPUs");
    }
    const crowd = mostOnOne(several);
    const isCrowded = crowd.count > 1;
    const seen = isCrowded ? `; ${crowd.count} of them were on CPU ${crowd.cpu}` : "";
    return accused({
      about: "threads",
      expected: "each thread on an isolated CPU of its own",
      found: `${several.length} threads may use several of the isolated CPUs${seen}`,
      evidence: [
        `/proc/cmdline: isolated ${formatList(isolated)}`,
        ...several.slice(0, 4).map(({ where, allowedCpus }) => `${where}: ${allowedCpus}`),
      ],
      seen: isCrowded ? "directly" : "inferred",
      cost: unknownCost,
      remedy: advice("live", "Pin each of its threads to one CPU: virsh vcpupin, or taskset -cp."),
    });
  },
};

/** The CPU on which most of the threads ran when they were looked at. */
function mostOnOne(threads: readonly ThreadEvidence[]): {
  readonly cpu: number;
  readonly count: number;
} {
  const known = threads.flatMap(({ lastCpu }) => lastCpu ?? []);
  const counted = [...Map.groupBy(known, (cpu) => cpu)].map(([cpu, { length: count }]) => {
    return { cpu, count };
  });
  return counted.reduce((most, one) => (one.count > most.count ? one : most), { cpu: 0, count: 0 });
}
