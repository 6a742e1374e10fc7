import { advice } from "../../../remedy/remedy.ts";
import { size, unionAll } from "../../../set/index-set.ts";
import { setOf } from "../../../set/list-format.ts";
import { sumOf } from "../../../unit/sum.ts";
import { percent, unknownCost } from "../../../verify/verdict/check.ts";
import { accused, acquitted, type Cause, irrelevant, untold } from "../../subject/cause.ts";
import { nameOf, workersWord, whyNoWorkers } from "./workers.ts";

/** Less than this is what any scheduler takes. */
const noticed = 0.02;

/** Who hardly runs waits only to be woken up, on whatever CPU its threads were created. */
const tellingNs = 1e9;

/** What a thread may wait while it is started, beside the others and before it is pinned. */
const startNs = 250e6;

/**
 * The kernel counts how long each thread was ready to run and had no CPU. For a guest that is
 * stolen time: all CPUs that it may use were somebody else's, or a limit of its cgroup was used
 * up. The price is read off the counter: what runs 90 of 100 ms that it could have run takes
 * 100/90 as long. https://docs.kernel.org/scheduler/sched-stats.html
 */
export const cpuWaiting: Cause = {
  code: "cpu-waiting",
  layer: "host",
  looksFor: "vCPUs or threads were ready to run and had no CPU",
  observable: "threads[].{ranNs,waitedNs}",
  readFrom: "/proc/PID/task/*/schedstat",
  acquittedBy: "less than 2 % of its time spent waiting for a CPU",
  followsFrom: [
    "cpu-quota",
    "isolated-crowd",
    "threads-crowded",
    "helpers-on-worker-cores",
    "smt-sibling-shared",
    "cpu-weight-low",
    "neighbour-load",
  ],
  judge: (subject) => {
    const { evidence, workers } = subject;
    if (evidence.of === "machine") return irrelevant;
    if (workers === null || workers.length === 0) return untold(whyNoWorkers(evidence));
    const known = workers.flatMap((thread) =>
      thread.ranNs === null || thread.waitedNs === null
        ? []
        : [{ thread, ranNs: thread.ranNs, waitedNs: thread.waitedNs }],
    );
    if (known.length < workers.length) {
      return untold("how long its threads waited was not read: schedstat would tell");
    }
    const ran = sumOf(known, ({ ranNs }) => ranNs);
    const waited = sumOf(known, ({ waitedNs }) => waitedNs);
    const word = workersWord(subject);
    if (ran + waited < tellingNs) {
      return untold(
        `its ${word} have run for ${Math.round(ran / 1e6)} ms in all, which tells nothing`,
      );
    }
    if (waited < startNs * known.length) {
      return acquitted(`its ${word} waited for ${Math.round(waited / 1e6)} ms in all`);
    }
    const part = percent(waited, ran + waited);
    if (waited < (ran + waited) * noticed)
      return acquitted(`its ${word} waited ${part} of the time`);
    const cpus = size(unionAll(workers.map(({ allowedCpus }) => setOf(allowedCpus ?? ""))));
    const isTight = workers.every((one) => one.allowedCpus !== null) && cpus < workers.length;
    const tight = isTight ? `; ${workers.length} ${word} have ${cpus} CPUs` : "";
    return accused({
      about: word,
      expected: "a CPU whenever they are ready to run",
      found: `they waited ${part} of the time for a CPU${evidence.of === "vm" ? tight : ""}`,
      evidence: known
        .toSorted((a, b) => b.waitedNs - a.waitedNs)
        .slice(0, 4)
        .map(({ thread, ranNs, waitedNs }) => {
          return `${thread.where}/schedstat: ${nameOf(thread)} ran ${ranNs} ns, waited ${waitedNs} ns`;
        }),
      seen: "directly",
      cost: ran === 0 ? unknownCost : { slowdown: (ran + waited) / ran, basis: "measured" },
      remedy: advice("live", `Give its ${word} CPUs that nothing else uses.`),
    });
  },
};
