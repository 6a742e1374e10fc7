import { formatList } from "../../../set/list-format.ts";
import { advice } from "../../../remedy/remedy.ts";
import { unknownCost } from "../../../verify/verdict/check.ts";
import { accused, acquitted, type Cause, irrelevant, untold } from "../../subject/cause.ts";
import { type SiblingGroup, siblingGroups, threadsShown } from "../../subject/guest-threads.ts";
import { guestViewOf, hostUnseen } from "../../subject/guest-view.ts";

/**
 * A guest that takes vCPUs for the threads of one core which are not. Its scheduler fills one vCPU
 * of each pair first and leaves the other idle, though a whole core may stand behind each; and the
 * vCPUs that really share a core look like strangers. Threads are true only where both vCPUs are
 * bound to the CPUs of one core.
 */
export const smtInvented: Cause = {
  code: "smt-invented",
  layer: "guest",
  looksFor: "the guest takes vCPUs for threads of one core that do not run on one core",
  observable: "guest.cpu.threadsPerCore, by threads[].allowedCpus and cores",
  readFrom: "thread_siblings_list in the guest; /proc/PID/task/*/status of the vCPUs",
  acquittedBy: "one thread per core in the guest, or siblings bound to one core of the host",
  followsFrom: [],
  judge: (subject) => {
    const view = guestViewOf(subject.evidence);
    if (view === null) return irrelevant;
    if (view.isInside) return hostUnseen;
    const threads = threadsShown(subject, view);
    if (threads === null) return untold("neither the guest nor its hypervisor told of threads");
    if (threads === 1) return acquitted("the guest sees one thread per core");
    const groups = siblingGroups(subject, threads);
    if (groups === null)
      return untold("where its vCPUs run, or which CPUs share a core, was not read");
    const untrue = groups.filter(({ vcpus, cores }) => vcpus.length > 1 && cores !== 1);
    const [first] = untrue;
    if (first === undefined) {
      return (subject.evidence.threads ?? []).some(({ role }) => role === null)
        ? untold("which of its threads are vCPUs is not known of all")
        : acquitted("its siblings are bound to one core each");
    }
    return accused({
      about: `${untrue.length * threads} of ${groups.length * threads} vCPUs`,
      expected: `the ${threads} threads of each guest core bound to one core of the host`,
      found: told(first),
      evidence: untrue.slice(0, 4).map(told),
      seen: "inferred",
      cost: unknownCost,
      remedy: advice(
        "restart",
        "Pin each pair to the two CPUs of one core, or show one thread per core (-smp threads=1, threads='1' in libvirt's <topology>).",
      ),
    });
  },
};

function told({ vcpus, cpus, cores }: SiblingGroup): string {
  return `vCPUs ${vcpus.join(" and ")} are shown as one core, and run on CPUs ${formatList(cpus)}: ${cores} cores`;
}
