import type { CgroupEvidence, ThreadEvidence } from "../../evidence/evidence.ts";
import { advice, type Remedy, writeFile } from "../../remedy/remedy.ts";
import { amountOf } from "../../text/amount.ts";
import { at } from "../../unit/list.ts";
import { difference, type IndexSet, isEmpty, size, unionAll } from "../../set/index-set.ts";
import { formatList, setOf } from "../../set/list-format.ts";
import {
  type Check,
  found,
  holds,
  type Outcome,
  type CheckInput,
  together,
  unknownCost,
  minorUnverified,
  essentialUnverified,
  whyNot,
} from "../verdict/check.ts";
import { pinRemedy } from "./pin-remedy.ts";
import { isNarrowedAbove, plannedAs } from "./threads.ts";

/**
 * Whether the cgroups of the VM's threads still allow the CPUs and nodes that the plan needs. The
 * kernel narrows the affinity of every thread in a cpuset that shrinks, and gives a thread all that
 * is left when none of its own is (docs.kernel.org/admin-guide/cgroup-v2.html, cpuset).
 *
 * The threads themselves tell too: `Mems_allowed_list` is what their cpuset allows, and nothing but
 * a cpuset narrows it. So a cgroup that could not be read hides nothing that matters.
 */
export const cpusetShrunk: Check = (input) => {
  const { plan, evidence } = input;
  const { threads, cgroups } = evidence;
  const what = "cpusets";
  if (threads === null) return essentialUnverified(what, whyNot(evidence, "threads"));
  const nodes = unionAll(plan.cells.map(({ memoryNodes }) => setOf(memoryNodes)));
  const outcomes: Outcome[] = [];
  const reported = new Set<string | null>();
  for (const cgroup of cgroups) {
    const members = threads.filter((thread) => thread.cgroup === cgroup.path);
    const needed = unionAll(members.map((thread) => setOf(plannedAs(thread, plan)?.cpus ?? "")));
    const finding = shrunk(cgroup, needed, nodes, input);
    if (finding === null) continue;
    outcomes.push(finding);
    reported.add(cgroup.path);
  }
  const unread = threads.filter(({ allowedNodes }) => allowedNodes === null);
  if (unread.length > 0) {
    outcomes.push(
      essentialUnverified(
        "nodes of threads",
        `the status of ${unread.length} threads was not read`,
      ),
    );
  }
  const narrowed = threads.filter(
    ({ allowedNodes, cgroup }) =>
      allowedNodes !== null &&
      !reported.has(cgroup) &&
      !isEmpty(difference(nodes, setOf(allowedNodes))),
  );
  if (narrowed.length > 0) outcomes.push(narrowedThreads(narrowed, nodes));
  if (outcomes.length > 0) return together(outcomes);
  return cgroups.length === 0
    ? minorUnverified("cpusets of the VM's cgroups", whyNot(evidence, "cgroups"))
    : holds(what, `all that the VM needs, in ${amountOf(cgroups.length, "cgroup")}`);
};

function shrunk(
  cgroup: CgroupEvidence,
  cpus: IndexSet,
  nodes: IndexSet,
  input: CheckInput,
): Outcome | null {
  const { path, where } = cgroup;
  const allowedCpus = cgroup.effectiveCpus ?? cgroup.cpus;
  const allowedNodes = cgroup.effectiveNodes ?? cgroup.nodes;
  const lacksCpus = allowedCpus === null ? null : difference(cpus, setOf(allowedCpus));
  const lacksNodes = allowedNodes === null ? null : difference(nodes, setOf(allowedNodes));
  const noCpus = lacksCpus !== null && !isEmpty(lacksCpus);
  const noNodes = lacksNodes !== null && !isEmpty(lacksNodes);
  if (!noCpus && !noNodes) return null;
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
      ...(noCpus
        ? [`${allowedCpus === "" ? "no CPUs" : `CPUs ${allowedCpus}`}; ${missingText(lacksCpus)}`]
        : []),
      ...(noNodes
        ? [
            `memory of ${allowedNodes === "" ? "no node" : `nodes ${allowedNodes}`}; ${missingText(lacksNodes)}`,
          ]
        : []),
    ].join("; "),
    evidence: [`${where}: cpuset.cpus ${allowedCpus ?? "?"}, cpuset.mems ${allowedNodes ?? "?"}`],
    cost: unknownCost,
    remedy: both([
      ...(noCpus ? [cpusRemedy(cgroup, cpus, lacksCpus, input)] : []),
      ...(noNodes ? [nodesRemedy(cgroup, nodes, lacksNodes)] : []),
    ]),
  });
}

const missingText = (set: IndexSet): string =>
  `${formatList(set)} ${size(set) === 1 ? "is" : "are"} missing`;

/**
 * The kernel gives a cgroup no more than the one above it has, so that one must be widened first.
 */
function widenAbove(
  what: string,
  lacks: IndexSet,
  { where }: CgroupEvidence,
  file: string,
): Remedy {
  const list = formatList(lacks);
  return advice(
    "live",
    `Add ${what} ${list} to ${file} of the cgroup above ${where} that lacks them.`,
  );
}

function cpusRemedy(
  cgroup: CgroupEvidence,
  needed: IndexSet,
  lacks: IndexSet,
  input: CheckInput,
): Remedy {
  return isNarrowedAbove(cgroup.cpus, needed)
    ? widenAbove("CPUs", lacks, cgroup, "cpuset.cpus")
    : pinRemedy(input);
}

/**
 * libvirt has no command that widens the nodes of a running VM whose memory is bound by cell. There
 * is no undo: the kernel moves pages off the nodes that a cpuset loses.
 */
function nodesRemedy(cgroup: CgroupEvidence, needed: IndexSet, lacks: IndexSet): Remedy {
  const { where, nodes, effectiveNodes } = cgroup;
  if (nodes === null || isNarrowedAbove(nodes, needed)) {
    return widenAbove("nodes", lacks, cgroup, "cpuset.mems");
  }
  const file = `${where}/cpuset.mems`;
  const wider = formatList(unionAll([needed, setOf(effectiveNodes ?? nodes)]));
  return {
    text: `Add nodes ${formatList(lacks)} to the VM's cgroup.`,
    argv: [writeFile(file, wider)],
    when: "live",
    undo: null,
  };
}

/** One remedy after the other; what a command does not do is left to people as a whole. */
function both(remedies: readonly Remedy[]): Remedy {
  const argv = remedies.map((one) => one.argv);
  const undo = remedies.map((one) => one.undo).toReversed();
  const whole = argv.every((commands) => commands !== null);
  return {
    text: remedies.map(({ text }) => text).join(" "),
    argv: whole ? argv.flat() : null,
    when: "live",
    undo: whole && undo.every((commands) => commands !== null) ? undo.flat() : null,
  };
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
    remedy: advice(
      "live",
      `Add nodes ${formatList(nodes)} to cpuset.mems of the cgroup that ${at(threads, 0).where}/cgroup names.`,
    ),
  });
}
