import type { Neighbour } from "../../../evidence/machine-evidence.ts";
import { has, intersection, isEmpty, isSubset } from "../../../set/index-set.ts";
import { formatList, setOf } from "../../../set/list-format.ts";
import { advice } from "../../../remedy/remedy.ts";
import { unknownCost } from "../../../verify/verdict/check.ts";
import { accused, acquitted, type Cause, irrelevant, untold } from "../../subject/cause.ts";
import { type CoredWorker, coredWorkers, nameOf, onlineCpus, whyNoWorkers } from "./workers.ts";

interface Shared {
  readonly by: Neighbour;
  readonly with: CoredWorker;
  readonly cpus: string;
}

/**
 * The two threads of a core share its execution units and its first two caches. Where somebody
 * else is pinned to a core on which a vCPU is pinned, both run at half of the core, whenever both
 * run. It also lets one watch the other. Whoever floats over many cores keeps out of the way of
 * busy ones, so that is no cause. https://docs.kernel.org/admin-guide/hw-vuln/core-scheduling.html
 */
export const smtSiblingShared: Cause = {
  code: "smt-sibling-shared",
  layer: "host",
  looksFor: "somebody else is pinned to the core of a vCPU",
  observable: "machine.neighbours[].vcpus beside threads[].allowedCpus",
  readFrom: "/proc/PID/task/*/status of all VMs, /sys/devices/system/cpu/cpu*/topology",
  acquittedBy: "no neighbour that is pinned to a core of its vCPUs",
  followsFrom: [],
  judge: (subject) => {
    const { evidence, workers, topology, machine } = subject;
    if (evidence.of === "machine") return irrelevant;
    if (workers === null) return untold(whyNoWorkers(evidence));
    if (topology === null || topology.cores.length === 0) return untold("the cores were not read");
    const neighbours = machine?.neighbours ?? null;
    if (neighbours === null) return untold("who else runs on the machine was not read");
    const cored = coredWorkers(subject);
    const online = onlineCpus(topology);
    const holdings = neighbours.flatMap((by) =>
      by.vcpus
        .map(({ cpus }) => ({ by, held: intersection(setOf(cpus), online) }))
        .filter(({ held }) => !isEmpty(held)),
    );
    const shared = cored.flatMap((worker) => {
      const core = setOf(worker.core.cpus);
      return holdings
        .filter(({ held }) => isSubset(held, core))
        .map(({ by, held }): Shared => ({ by, with: worker, cpus: formatList(held) }));
    });
    if (shared.length === 0) {
      return workers.length === 0 || workers.some(({ allowedCpus }) => allowedCpus === null)
        ? untold("where its workers may run was not read")
        : acquitted(`nobody else is pinned to the cores of ${cored.length} workers`);
    }
    const names = [...new Set(shared.map(({ by }) => by.name))];
    const isSeen = shared.some(({ by, with: { worker, core } }) => {
      const isThere = worker.lastCpu === null || has(setOf(core.cpus), worker.lastCpu);
      return isThere && by.busyCpus !== null && by.busyCpus > 0;
    });
    const cores = new Set(shared.map(({ with: { core } }) => core.id));
    return accused({
      about: [...new Set(shared.map((one) => nameOf(one.with.worker)))].slice(0, 4).join(", "),
      expected: "cores that nobody else is pinned to",
      found: `${cores.size} of its cores are shared with ${names.join(", ")}`,
      evidence: shared.slice(0, 4).map(({ by, cpus, with: { worker, core } }) => {
        return `${nameOf(worker)} is on core ${core.id} (CPUs ${core.cpus}), ${by.name} on CPUs ${cpus}`;
      }),
      seen: isSeen ? "directly" : "inferred",
      cost: unknownCost,
      remedy: advice("live", `Pin ${names.join(", ")} to cores of their own.`),
    });
  },
};
