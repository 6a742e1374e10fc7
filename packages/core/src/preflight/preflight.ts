import { checkCgroups } from "./cgroups.ts";
import { checkCpus } from "./cpus.ts";
import { checkDevices } from "./devices.ts";
import { checkHypervisor } from "./hypervisor.ts";
import { checkIommu } from "./iommu.ts";
import { checkKernel } from "./kernel.ts";
import { checkMemory } from "./memory.ts";
import { checkName } from "./name.ts";
import { checkNeighbors } from "./neighbors.ts";
import { advice } from "../remedy/remedy.ts";
import type { HostFacts } from "./facts.ts";
import type { PreflightProblem, PreflightReport } from "./problem.ts";
import type { PreflightCheck, Start } from "./start.ts";

const checks: readonly PreflightCheck[] = [
  checkName,
  checkMemory,
  checkCpus,
  checkCgroups,
  checkDevices,
  checkIommu,
  checkHypervisor,
  checkKernel,
  checkNeighbors,
];

/**
 * Everything that stands in the way of a start, before anything is touched: all problems at once,
 * so that one visit to the host mends them. Errors go first.
 *
 * A fact that could not be read is no problem: the hypervisor finds out without harm, since a start
 * that fails is undone.
 */
export function preflight(start: Start, facts: HostFacts): PreflightReport {
  const { plan, faults } = start;
  const outdated = faults.map(({ subject, message }): PreflightProblem => ({
    code: "plan-outdated",
    severity: "error",
    subject,
    needs: "a plan that is legal on this machine now",
    has: message,
    remedy: advice(null, "Place the VM again, without --plan."),
  }));
  const problems = [...outdated, ...checks.flatMap((check) => check(start, facts))];
  const errors = problems.filter(({ severity }) => severity === "error");
  return {
    apiVersion: "evenkeel/v1",
    kind: "Preflight",
    vm: plan.vm,
    host: plan.host,
    ready: errors.length === 0,
    problems: [...errors, ...problems.filter(({ severity }) => severity === "warning")],
  };
}
