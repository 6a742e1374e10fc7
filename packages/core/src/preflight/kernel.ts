import { isHugepage } from "../plan/plan.ts";
import type { DomainFacts } from "./facts.ts";
import type { PreflightCheck } from "./start.ts";
import type { PreflightProblem } from "./problem.ts";

/** What does not prevent a start and may spoil what was placed: warnings. */
export const checkKernel: PreflightCheck = ({ plan }, facts) => {
  const { numaBalancing } = facts;
  const problems: PreflightProblem[] = [];
  // Huge pages of hugetlbfs stay, and so do pages that a device's guest has pinned; others move
  // (Documentation/admin-guide/sysctl/kernel.rst, numa_balancing).
  const movable =
    plan.devices.length === 0 && plan.cells.some((cell) => !isHugepage(cell.pageBytes));
  if (numaBalancing !== null && numaBalancing > 0 && movable) {
    problems.push({
      code: "numa-balancing-on",
      severity: "warning",
      subject: "kernel.numa_balancing",
      needs: "0, so that pages stay where they were placed",
      has: `${numaBalancing}`,
      remedy: "sysctl kernel.numa_balancing=0",
    });
  }
  if (facts.ksmRun === 1) {
    problems.push({
      code: "ksm-on",
      severity: "warning",
      subject: "/sys/kernel/mm/ksm/run",
      needs: "0 or 2",
      has: "1",
      remedy: "echo 2 > /sys/kernel/mm/ksm/run",
    });
  }
  const strangers = (facts.domains ?? []).filter(({ running, known }) => running && !known);
  return [...problems, ...strangerProblem(strangers)];
};

function strangerProblem(strangers: readonly DomainFacts[]): PreflightProblem[] {
  if (strangers.length === 0) return [];
  return [
    {
      code: "domains-unknown",
      severity: "warning",
      subject: "libvirt",
      needs: "every VM placed by Evenkeel, so that no two share cores",
      has: strangers.map(({ name }) => name).join(", "),
      remedy: "start them with evenkeel run, or keep their CPUs in a HostPolicy",
    },
  ];
}
