import { isHugepage } from "../plan/plan.ts";
import { mergingOff, numaBalancingOff } from "../remedy/remedy.ts";
import type { PreflightCheck } from "./start.ts";
import type { PreflightProblem } from "./problem.ts";

/** What allows a start and may still spoil the placement: warnings. */
export const checkKernel: PreflightCheck = ({ plan }, facts) => {
  const { numaBalancing } = facts;
  const problems: PreflightProblem[] = [];
  // Huge pages of hugetlbfs do not move, nor does the memory of a VM with a device; the rest does
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
      remedy: numaBalancingOff(numaBalancing),
    });
  }
  if (facts.ksmRun === 1) {
    problems.push({
      code: "ksm-on",
      severity: "warning",
      subject: "/sys/kernel/mm/ksm/run",
      needs: "0 or 2",
      has: "1",
      remedy: mergingOff,
    });
  }
  return problems;
};
