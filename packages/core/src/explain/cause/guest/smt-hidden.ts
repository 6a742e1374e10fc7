import { advice } from "../../../remedy/remedy.ts";
import { unknownCost } from "../../../verify/verdict/check.ts";
import { accused, acquitted, type Cause, irrelevant, untold } from "../../subject/cause.ts";
import { isAmd, sharedCore, tellsThreads, threadsShown } from "../../subject/guest-threads.ts";
import { coresOf, guestViewOf, hostUnseen } from "../../subject/guest-view.ts";

/**
 * A guest that takes the two threads of a core for two cores. Its scheduler then puts two busy
 * tasks on one core while another is idle, and libraries start one worker too many for each core.
 * On AMD, QEMU shows threads only with the feature topoext; without it the guest stays at one
 * thread a core, whatever was asked for
 * (https://github.com/cockpit-project/cockpit-machines/issues/2381).
 */
export const smtHidden: Cause = {
  code: "smt-hidden",
  layer: "guest",
  looksFor: "the guest takes threads of one core for cores of their own",
  observable: "guest.cpu.threadsPerCore, or shapes[].cpu.threads",
  readFrom: "thread_siblings_list in the guest; -smp and -cpu of QEMU",
  acquittedBy: "several threads per core in the guest, or vCPUs that share no core",
  followsFrom: [],
  judge: (subject) => {
    const view = guestViewOf(subject.evidence);
    if (view === null) return irrelevant;
    if (view.isInside) return hostUnseen;
    const shown = threadsShown(subject, view);
    const asked = view.cpu?.threads ?? null;
    if (shown === null) return untold("neither the guest nor its hypervisor told of threads");
    if (shown > 1) return acquitted(`the guest sees ${shown} threads per core`);
    const wasAsked = asked !== null && asked > 1;
    const shared = sharedCore(subject);
    if (!wasAsked && shared === null) {
      const isKnown =
        subject.workers?.every(({ allowedCpus }) => allowedCpus !== null) === true &&
        subject.evidence.threads?.every(({ role }) => role !== null) === true &&
        coresOf(subject) !== null;
      return isKnown
        ? acquitted("no two of its vCPUs are bound to one core")
        : untold("where its vCPUs run, or which CPUs share a core, was not read");
    }
    const lacksFeature = isAmd(subject, view) && !tellsThreads(subject, view);
    const reported = view.report?.cpu?.threadsPerCore ?? null;
    return accused({
      about: "vCPUs",
      expected: wasAsked
        ? `${asked} threads per core, as asked for`
        : "2 threads per core, as they share cores on the host",
      found:
        `1 thread per core${shared === null ? "" : `; vCPUs ${shared.join(" and ")} share a core`}` +
        (lacksFeature ? "; an AMD guest needs the feature topoext to see threads" : ""),
      evidence: [
        ...(reported === null ? [] : [`guest: Thread(s) per core: ${reported}`]),
        ...(asked === null ? [] : [`topology of the vCPUs: threads=${asked}`]),
      ],
      seen: reported === null ? "inferred" : "directly",
      cost: unknownCost,
      remedy: advice(
        "restart",
        lacksFeature
          ? "Add <feature policy='require' name='topoext'/> to the domain's <cpu> (-cpu host,topoext=on), with threads='2' in its topology."
          : "Show the threads: threads='2' in the <topology> of the domain's <cpu> (-smp threads=2), and no nosmt on the guest's kernel command line.",
      ),
    });
  },
};
