import { mergingOff, numaBalancingOff } from "../../remedy/remedy.ts";
import {
  type Check,
  found,
  holds,
  together,
  unknownCost,
  minorUnverified,
  whyNot,
} from "../verdict/check.ts";

/**
 * Settings of the whole host that move or merge memory after it was placed.
 *
 * NUMA balancing unmaps pages to see who touches them, and moves those that no policy binds: a
 * bound guest keeps its places and pays for the faults
 * (docs.kernel.org/admin-guide/sysctl/kernel.html). Same-page merging makes one page of two equal
 * ones, also of different nodes, unless the VM's memory is kept from it. Both are warnings, since
 * neither moves bound memory.
 */
export const kernelSettings: Check = ({ evidence }) => {
  const { ksmRun, numaBalancing } = evidence.kernel;
  return together([
    numaBalancing === null
      ? minorUnverified("NUMA balancing", whyNot(evidence, "NUMA balancing"))
      : numaBalancing === 0
        ? holds("NUMA balancing", "off")
        : found({
            code: "autonuma-on",
            severity: "warning",
            layer: "host",
            subject: "NUMA balancing",
            promised:
              "memory stays where the plan puts it, and the kernel does not unmap it to watch accesses",
            found: `kernel.numa_balancing is ${numaBalancing}`,
            evidence: [`/proc/sys/kernel/numa_balancing: ${numaBalancing}`],
            cost: unknownCost,
            remedy: numaBalancingOff(numaBalancing),
          }),
    ksmRun === null
      ? minorUnverified("same-page merging", whyNot(evidence, "same-page merging"))
      : ksmRun !== 1
        ? holds("same-page merging", "off")
        : found({
            code: "ksm-on",
            severity: "warning",
            layer: "host",
            subject: "same-page merging",
            promised: "the VM's pages are not shared",
            found: "ksm/run is 1",
            evidence: ["/sys/kernel/mm/ksm/run: 1"],
            cost: unknownCost,
            remedy: mergingOff,
          }),
  ]);
};
