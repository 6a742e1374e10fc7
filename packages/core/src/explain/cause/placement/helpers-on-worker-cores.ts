import type { ThreadEvidence } from "../../../evidence/evidence.ts";
import {
  difference,
  has,
  intersection,
  isDisjoint,
  isSubset,
  unionAll,
} from "../../../set/index-set.ts";
import { formatList, setOf } from "../../../set/list-format.ts";
import { unknownCost } from "../../../verify/verdict/check.ts";
import { allocatesOnly } from "../../../verify/finding/threads.ts";
import { accused, acquitted, type Cause, irrelevant, untold } from "../../subject/cause.ts";
import type { Subject } from "../../subject/subject.ts";
import { cpusOfNodes } from "../../subject/whereabouts.ts";
import { pinnedTo } from "./pinned.ts";
import { coredWorkers, cpuLines, onlineCpus, whyNoWorkers } from "./workers.ts";

/**
 * An emulator, an iothread or vhost on the core of a pinned vCPU takes that vCPU's time whenever it
 * has work: the vCPU cannot give way to another CPU, as it has none. The guest sees stolen time.
 * Where vCPUs share a pool of CPUs, they and their helpers give way to each other.
 */
export const helpersOnWorkerCores: Cause = {
  code: "helpers-on-worker-cores",
  layer: "hypervisor",
  looksFor: "the emulator's threads, iothreads or vhost may run on the cores of pinned vCPUs",
  observable: "threads[].allowedCpus of threads that are no vCPUs",
  readFrom: "/proc/PID/task/*/status (Cpus_allowed_list)",
  acquittedBy: "an affinity without the cores of vCPUs",
  followsFrom: [],
  judge: (subject) => {
    const { evidence, workers, helpers, topology } = subject;
    if (evidence.of !== "vm") return irrelevant;
    if (workers === null || helpers === null) return untold(whyNoWorkers(evidence));
    if (topology === null || topology.cores.length === 0) {
      return untold("the machine was not read: its cores would tell");
    }
    const cored = coredWorkers(subject);
    const cores = unionAll(cored.map(({ core }) => setOf(core.cpus)));
    const online = onlineCpus(topology);
    const cpusOf = ({ allowedCpus }: ThreadEvidence) =>
      intersection(setOf(allowedCpus ?? ""), online);
    const others = helpers.filter((thread) => !allocatesOnly(thread));
    const there = others.filter((thread) => !isDisjoint(cpusOf(thread), cores));
    if (there.length === 0) {
      return isUnread(subject)
        ? untold("the roles of its threads or where they may run were not read")
        : acquitted(`${others.length} other threads keep off the cores of its vCPUs`);
    }
    const confined = there.filter((thread) => isSubset(cpusOf(thread), cores));
    const seen = there.filter(({ lastCpu }) => lastCpu !== null && has(cores, lastCpu));
    const home = subject.home === null ? null : cpusOfNodes(topology, subject.home.nodes);
    const free = difference(home ?? online, cores);
    const names = [...new Set(there.map(({ name, role }) => name ?? role?.kind ?? "a thread"))];
    return accused({
      about: names.slice(0, 4).join(", "),
      expected: `none on CPUs ${formatList(cores)}, the cores of its vCPUs`,
      found: `${there.length} threads may run there, ${confined.length} of them nowhere else`,
      evidence: cpuLines(there),
      seen: confined.length > 0 || seen.length > 0 ? "directly" : "inferred",
      cost: unknownCost,
      remedy: pinnedTo(
        there,
        () => difference(free, heldByOthers(subject)),
        subject,
        "these threads",
      ),
    });
  },
};

/** Whether a thread was not read that could be one of those that are looked for. */
function isUnread({ evidence, workers }: Subject): boolean {
  const threads = evidence.threads ?? [];
  const isShort = (evidence.process?.threadCount ?? threads.length) > threads.length;
  return (
    isShort ||
    (workers ?? []).length === 0 ||
    threads.some(({ role, allowedCpus }) => role === null || allowedCpus === null)
  );
}

/** The CPUs to which neighbours are pinned one by one. */
function heldByOthers({ machine }: Subject): ReturnType<typeof unionAll> {
  const held = (machine?.neighbours ?? []).flatMap(({ vcpus }) => vcpus);
  return unionAll(held.filter(({ cpus }) => /^\d+$/.test(cpus)).map(({ cpus }) => setOf(cpus)));
}
