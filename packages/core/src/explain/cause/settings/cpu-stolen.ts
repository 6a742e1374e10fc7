import { advice } from "../../../remedy/remedy.ts";
import { percent } from "../../../verify/verdict/check.ts";
import { accused, acquitted, type Cause, untold } from "../../subject/cause.ts";

/** Less than this any host takes for itself. */
const noticed = 0.02;

/**
 * A machine that is itself a guest had work to do, and its host gave the CPUs to others: more vCPUs
 * were sold than there are CPUs, or a quota was used up. The guest's kernel counts that as stolen.
 * What runs 90 of 100 ms in which it had work takes 100/90 as long.
 * https://docs.kernel.org/filesystems/proc.html (/proc/stat), kvm-steal-time
 */
export const cpuStolen: Cause = {
  code: "cpu-stolen",
  layer: "hypervisor",
  looksFor: "the machine is a guest, and its host gives its CPUs to others while it has work",
  observable: "machine.settings.stolenShare",
  readFrom: "/proc/stat (steal)",
  acquittedBy: "less than 2 % of its busy time stolen",
  followsFrom: [],
  judge: ({ machine }) => {
    const share = machine?.settings.stolenShare ?? null;
    if (share === null) return untold("/proc/stat was not read");
    const part = percent(share, 1);
    if (share < noticed) return acquitted(`${part} of its busy time was stolen`);
    return accused({
      about: "CPUs",
      expected: "all the time of its CPUs for itself",
      found: `its own host took ${part} of the time in which its CPUs had work`,
      evidence: [`/proc/stat: steal is ${part} of all that is not idle`],
      seen: "directly",
      cost: { slowdown: 1 / Math.max(1 - share, 1e-3), basis: "measured" },
      remedy: advice(
        null,
        "Ask whoever runs its host for CPUs of its own, or run it where fewer vCPUs are sold.",
      ),
    });
  },
};
