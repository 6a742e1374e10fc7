import type { Evidence, ThreadEvidence } from "../../../evidence/evidence.ts";
import type { Core, Topology } from "../../../topology/topology.ts";
import {
  type IndexSet,
  intersection,
  isDisjoint,
  isEmpty,
  isSubset,
  unionAll,
} from "../../../set/index-set.ts";
import { setOf } from "../../../set/list-format.ts";
import { whyNoHome } from "../../subject/astray.ts";
import { irrelevant, type Judgement, untold } from "../../subject/cause.ts";
import type { Subject } from "../../subject/subject.ts";
import { type WorkersAt, whereaboutsOf } from "../../subject/whereabouts.ts";
import { vcpuCount } from "../../subject/yardstick.ts";

/** A part of a process' work that is too small to matter. */
export const noticed = 0.05;

/** The workers of a subject and where they may run, or why there is nothing to judge by. */
export function workersOf({ evidence, workers, home, topology }: Subject): WorkersAt | Judgement {
  if (evidence.of === "machine") return irrelevant;
  if (workers === null) return untold(whyNoWorkers(evidence));
  if (workers.length === 0) return untold("no thread is known to be a vCPU's");
  if (topology === null) return untold("the machine was not read: evidence of it would tell");
  if (home === null) return untold(whyNoHome);
  const where = whereaboutsOf(workers, home, topology);
  if (where === null) return untold(`the CPUs of ${home.why}, are not known`);
  return { all: workers, where, home, topology };
}

/** Why the workers are not known, and what would tell. */
export function whyNoWorkers({ threads }: Evidence): string {
  if (threads === null) return "its threads were not read";
  return (
    "which of its threads are vCPUs is not known: QEMU's monitor, or -name NAME,debug-threads=on, " +
    "would tell"
  );
}

/** Whether a thread of a VM whose role is unknown may be one more vCPU's. */
export function mayHaveMore({ evidence, workers }: Subject): boolean {
  if (evidence.of !== "vm" || workers === null) return false;
  const isUnknown = evidence.threads?.some(({ role }) => role === null) === true;
  return isUnknown && vcpuCount(evidence) !== workers.length;
}

/** What the workers are called. */
export function workersWord({ evidence }: Subject): string {
  return evidence.of === "vm" ? "vCPUs" : "threads";
}

/** The kernel's word on where some threads may run. */
export function cpuLines(threads: readonly ThreadEvidence[]): string[] {
  return threads
    .slice(0, 4)
    .map(({ where, allowedCpus }) => `${where}/status: Cpus_allowed_list ${allowedCpus ?? ""}`);
}

/** A worker that keeps to one core, and that core. */
export interface CoredWorker {
  readonly worker: ThreadEvidence;
  readonly core: Core;
}

/**
 * The workers that keep to one core each, with their cores. A worker that may run on several has no
 * core that anybody could take from it.
 */
export function coredWorkers({ workers, topology }: Subject): readonly CoredWorker[] {
  if (workers === null || topology === null) return [];
  const cores = topology.cores.map((core) => ({ core, cpus: setOf(core.cpus) }));
  const online = onlineCpus(topology);
  return workers.flatMap((worker): CoredWorker[] => {
    const allowed = intersection(setOf(worker.allowedCpus ?? ""), online);
    if (isEmpty(allowed)) return [];
    const own = cores.find(({ cpus }) => !isDisjoint(cpus, allowed));
    return own !== undefined && isSubset(allowed, own.cpus) ? [{ worker, core: own.core }] : [];
  });
}

/** The CPUs of all cores, which leave out those that are offline. */
export function onlineCpus({ cores }: Topology): IndexSet {
  return unionAll(cores.map(({ cpus }) => setOf(cpus)));
}

/** How a worker is called: `vCPU 3`, `thread 4712`. */
export function nameOf({ role, tid }: ThreadEvidence): string {
  return role?.kind === "vcpu" ? `vCPU ${role.id}` : `thread ${tid}`;
}
