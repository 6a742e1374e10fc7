import type { Holding } from "../plan/holding.ts";
import { cpusOfPlan } from "../plan/plan.ts";
import { advice } from "../remedy/remedy.ts";
import { difference, intersection, isEmpty, unionAll } from "../set/index-set.ts";
import { formatList, setOf } from "../set/list-format.ts";
import type { PreflightProblem } from "./problem.ts";
import type { PreflightCheck } from "./start.ts";

/**
 * VMs on the host that Evenkeel has not placed: those that may run on CPUs of the plan, and those
 * that nobody can read.
 */
export const checkNeighbors: PreflightCheck = ({ plan, acceptsUnknown }, facts) => {
  const strangers = facts.held.filter((one) => one.plan === null);
  return [
    ...strangers.flatMap((one) => sharedCpus(one, plan)),
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

/** A VM that floats shares CPUs, and slows the plan's vCPUs whenever it runs there. */
function sharedCpus(
  { name, pid, vcpus }: Holding,
  plan: Parameters<PreflightCheck>[0]["plan"],
): PreflightProblem[] {
  const own = cpusOfPlan(plan);
  const reached = unionAll(vcpus.map(({ cpus }) => setOf(cpus)));
  const shared = intersection(reached, own);
  if (isEmpty(shared)) return [];
  const rest = formatList(difference(reached, own));
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
