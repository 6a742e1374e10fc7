import type { Holding } from "../plan/holding.ts";
import { cpusOfPlan, type Plan } from "../plan/plan.ts";
import { advice } from "../remedy/remedy.ts";
import {
  difference,
  emptySet,
  type IndexSet,
  intersection,
  isEmpty,
  size,
  union,
  unionAll,
} from "../set/index-set.ts";
import { formatList, setOf } from "../set/list-format.ts";
import { sumOf } from "../unit/sum.ts";
import type { PreflightProblem } from "./problem.ts";
import type { PreflightCheck } from "./start.ts";

/**
 * VMs on the host that Evenkeel has not placed: those that may run on CPUs of the plan, and those
 * that nobody can read.
 */
export const checkNeighbors: PreflightCheck = ({ plan, promised, acceptsUnknown }, facts) => {
  const strangers = facts.held.filter((one) => one.plan === null);
  const closed = union(promised, reachedByMany(facts.held));
  return [
    ...strangers.flatMap((one) => sharedCpus(one, plan, closed)),
    ...facts.unreadable.map(({ name, why, seenAs }): PreflightProblem => ({
      code: "domains-unknown",
      severity: seenAs === "vm" && !acceptsUnknown ? "error" : "warning",
      subject: name,
      needs: "to know its CPUs, memory and devices, so that none of them is given to two VMs",
      has: why,
      remedy: advice(
        "live",
        seenAs === "vm"
          ? `${asRoot}. With --accept-unknown it starts nevertheless, and may get what that VM has.`
          : `${asRoot}. If one is a VM, both may get the same CPUs.`,
      ),
    })),
  ];
};

const asRoot = "Run it as root with CAP_SYS_PTRACE, which can look into every process";

/** The CPUs on which several VMs may run. */
function reachedByMany(held: readonly Holding[]): IndexSet {
  let [once, more] = [emptySet, emptySet];
  for (const reached of held.map(cpusReached)) {
    more = union(more, intersection(once, reached));
    once = union(once, reached);
  }
  return more;
}

const cpusReached = ({ vcpus }: Holding): IndexSet =>
  unionAll(vcpus.map(({ cpus }) => setOf(cpus)));

/**
 * A VM that floats shares CPUs, and slows the plan's vCPUs whenever it runs there. The remedy names
 * CPUs only where its vCPUs all have room on those that are free.
 *
 * @param closed the CPUs that other VMs may use or are promised.
 */
function sharedCpus(holding: Holding, plan: Plan, closed: IndexSet): PreflightProblem[] {
  const { name, pid, vcpus } = holding;
  const own = cpusOfPlan(plan);
  const reached = cpusReached(holding);
  const shared = intersection(reached, own);
  if (isEmpty(shared)) return [];
  const left = difference(difference(reached, own), closed);
  const rest = size(left) < sumOf(vcpus, ({ count }) => count) ? "" : formatList(left);
  const how =
    pid === null ? "Pin its vCPUs" : `Pin them, for example taskset --all-tasks -cp ${rest} ${pid}`;
  return [
    {
      code: "cpus-shared",
      severity: "warning",
      subject: name,
      needs: "to stay off the plan's CPUs",
      has: `its vCPUs may run on CPUs ${formatList(shared)} of the plan`,
      remedy: advice(
        "live",
        rest === ""
          ? "Move its vCPUs to other CPUs, or stop it."
          : `${how}; virsh vcpupin where libvirt runs it.`,
      ),
    },
  ];
}
