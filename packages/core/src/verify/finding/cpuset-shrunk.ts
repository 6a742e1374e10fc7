import type { CgroupEvidence, ThreadEvidence } from "../../evidence/evidence.ts";
import type { Plan } from "../../plan/plan.ts";
import { difference, type IndexSet, isEmpty, isSubset, unionAll } from "../../set/index-set.ts";
import { formatList, setOf } from "../../set/list-format.ts";
import {
  type Check,
  found,
  holds,
  type Outcome,
  together,
  unknownCost,
  unseen,
  untold,
  whyNot,
} from "../verdict/check.ts";
import { cpusOf } from "./threads.ts";

/**
 * Whether the cgroups that the VM's threads are in still leave them the CPUs and nodes that the plan
 * needs. The kernel narrows the affinity of every thread in a cpuset that shrinks, and gives a thread
 * all that is left when none of its own is (docs.kernel.org/admin-guide/cgroup-v2.html, cpuset).
 *
 * The threads themselves tell too: `Mems_allowed_list` is what their cpuset allows, and nothing but a
 * cpuset narrows it. So a cgroup that could not be read hides nothing that matters.
 */
export const cpusetShrunk: Check = ({ plan, evidence }) => {
  const { threads, cgroups } = evidence;
  const what = "cpusets";
  if (threads === null) return untold(what, whyNot(evidence, "threads"));
  const nodes = unionAll(plan.cells.map(({ memoryNodes }) => setOf(memoryNodes)));
  const outcomes: Outcome[] = [];
  const told = new Set<string | null>();
  for (const cgroup of cgroups) {
    const members = threads.filter((thread) => thread.cgroup === cgroup.path);
    const needed = unionAll(members.map((thread) => neededCpus(thread, plan)));
    const finding = shrunk(cgroup, needed, nodes);
    if (finding === null) continue;
    outcomes.push(finding);
    told.add(cgroup.path);
  }
  const unread = threads.filter(({ allowedNodes }) => allowedNodes === null);
  if (unread.length > 0) {
    outcomes.push(
      untold("nodes of threads", `the status of ${unread.length} threads was not read`),
    );
  }
  const narrowed = threads.filter(
    ({ allowedNodes, cgroup }) =>
      allowedNodes !== null &&
      !told.has(cgroup) &&
      !isEmpty(difference(nodes, setOf(allowedNodes))),
  );
  if (narrowed.length > 0) outcomes.push(narrowedThreads(narrowed, nodes));
  if (outcomes.length > 0) return together(outcomes);
  return cgroups.length === 0
    ? unseen("cpusets of the VM's cgroups", whyNot(evidence, "cgroups"))
    : holds(what, `${cgroups.length} leave the VM what it needs`);
};

/** The CPUs that a thread is planned on. */
function neededCpus({ role }: ThreadEvidence, plan: Plan): IndexSet {
  if (role?.kind === "vcpu") {
    const vcpus = plan.cells.flatMap((cell) => cell.vcpus);
    const own = vcpus.find(({ id }) => id === role.id);
    return setOf(own === undefined ? "" : cpusOf(own));
  }
  const iothread = plan.iothreads.find(({ id }) => role?.kind === "iothread" && role.id === id);
  return setOf(iothread?.cpus ?? plan.emulatorCpus);
}

function shrunk(cgroup: CgroupEvidence, cpus: IndexSet, nodes: IndexSet): Outcome | null {
  const { path, where } = cgroup;
  const allowedCpus = cgroup.effectiveCpus ?? cgroup.cpus;
  const allowedNodes = cgroup.effectiveNodes ?? cgroup.nodes;
  const lacksCpus = allowedCpus === null ? null : difference(cpus, setOf(allowedCpus));
  const lacksNodes = allowedNodes === null ? null : difference(nodes, setOf(allowedNodes));
  const noCpus = lacksCpus !== null && !isEmpty(lacksCpus);
  const noNodes = lacksNodes !== null && !isEmpty(lacksNodes);
  if (!noCpus && !noNodes) return null;
  // A cgroup that asks for all it needs is narrowed by one above it: only there can it be mended.
  const file = (name: string, wanted: IndexSet, had: string | null, asked: string | null): string =>
    asked !== null && isSubset(wanted, setOf(asked))
      ? `write a list with ${formatList(wanted)} to ${name} of the cgroup above ${where} that leaves it out`
      : `echo ${formatList(unionAll([wanted, setOf(had ?? "")]))} > ${where}/${name}`;
  return found({
    code: "cpuset-shrunk",
    severity: "error",
    layer: "host",
    subject: `cgroup ${path}`,
    promised: [
      ...(noCpus ? [`CPUs ${formatList(cpus)}`] : []),
      ...(noNodes ? [`memory of nodes ${formatList(nodes)}`] : []),
    ].join(", "),
    found: [
      ...(noCpus ? [`CPUs ${allowedCpus}, without ${formatList(lacksCpus)}`] : []),
      ...(noNodes ? [`memory of nodes ${allowedNodes}, without ${formatList(lacksNodes)}`] : []),
    ].join("; "),
    evidence: [`${where}: cpuset.cpus ${allowedCpus ?? "?"}, cpuset.mems ${allowedNodes ?? "?"}`],
    cost: unknownCost,
    remedy: [
      ...(noCpus ? [file("cpuset.cpus", cpus, allowedCpus, cgroup.cpus)] : []),
      ...(noNodes ? [file("cpuset.mems", nodes, allowedNodes, cgroup.nodes)] : []),
    ].join("; "),
  });
}

function narrowedThreads(threads: readonly ThreadEvidence[], nodes: IndexSet): Outcome {
  const lists = [...new Set(threads.map(({ allowedNodes }) => allowedNodes ?? ""))];
  return found({
    code: "cpuset-shrunk",
    severity: "error",
    layer: "host",
    subject: `${threads.length} threads`,
    promised: `memory of nodes ${formatList(nodes)}`,
    found: `memory of nodes ${lists.join(" or ")}`,
    evidence: threads
      .slice(0, 4)
      .map(({ where, allowedNodes }) => `${where}/status: Mems_allowed_list ${allowedNodes ?? ""}`),
    cost: unknownCost,
    remedy: `write ${formatList(nodes)} to cpuset.mems of the cgroup of the VM's threads (/proc/PID/cgroup)`,
  });
}
