import type { Plan } from "../plan/plan.ts";
import { difference, type IndexSet, indexSet, isEmpty, unionAll } from "../set/index-set.ts";
import { formatList, setOf } from "../set/list-format.ts";
import type { PreflightCheck } from "./start.ts";

/** Every CPU that a thread of the VM is to run on. */
export function plannedCpus({ cells, emulatorCpus, iothreads }: Plan): IndexSet {
  return unionAll([
    ...cells.flatMap(({ vcpus }) =>
      vcpus.map((vcpu) => ("cpu" in vcpu ? indexSet([vcpu.cpu]) : setOf(vcpu.cpus))),
    ),
    setOf(emulatorCpus),
    ...iothreads.map(({ cpus }) => setOf(cpus)),
  ]);
}

/** The CPUs of the plan are online: sched_setaffinity silently drops those that are not. */
export const checkCpus: PreflightCheck = ({ plan }, { onlineCpus }) => {
  if (onlineCpus === null) return [];
  const offline = difference(plannedCpus(plan), setOf(onlineCpus));
  if (isEmpty(offline)) return [];
  return [
    {
      code: "cpus-not-online",
      severity: "error",
      subject: `CPUs ${formatList(offline)}`,
      needs: `CPUs ${formatList(plannedCpus(plan))}`,
      has: `CPUs ${onlineCpus} are online`,
      remedy: {
        text: `Bring CPUs ${formatList(offline)} online.`,
        argv: [["chcpu", "--enable", formatList(offline)]],
        when: "live",
        undo: [["chcpu", "--disable", formatList(offline)]],
      },
    },
  ];
};
