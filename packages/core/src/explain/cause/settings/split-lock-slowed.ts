import { advice } from "../../../remedy/remedy.ts";
import { unknownCost } from "../../../verify/verdict/check.ts";
import { accused, acquitted, type Cause, irrelevant, untold } from "../../subject/cause.ts";

/**
 * An instruction that locks two cache lines at once stops the whole machine for a moment, so the
 * kernel puts whoever uses one to sleep for 10 ms each time. Some programs, of Windows guests above
 * all, do it thousands of times (EVE pull request 3611, BambuStudio issue 8605). Most never do, so
 * this needs a twin where it is off.
 * https://docs.kernel.org/admin-guide/sysctl/kernel.html, split_lock_mitigate
 */
export const splitLockSlowed: Cause = {
  code: "split-lock-slowed",
  layer: "host",
  looksFor:
    "programs and vCPUs that lock two cache lines at once are put to sleep, not so in the twin",
  observable: "machine.settings.splitLockSlowed",
  readFrom: "/proc/sys/kernel/split_lock_mitigate",
  acquittedBy: "0, or 1 on the twin's host too",
  followsFrom: [],
  judge: ({ machine }, twin) => {
    if (twin === null) return irrelevant;
    const own = machine?.settings.splitLockSlowed ?? null;
    const other = twin.machine?.settings.splitLockSlowed ?? null;
    if (own === null || other === null) return untold("split_lock_mitigate was not read of both");
    if (!own || other)
      return acquitted(`split_lock_mitigate is ${own ? 1 : 0}, and ${other ? 1 : 0} there`);
    return accused({
      about: "split locks",
      expected: "kernel.split_lock_mitigate of 0, as on the other's host",
      found: "kernel.split_lock_mitigate is 1: each split lock costs 10 ms of sleep",
      evidence: ["/proc/sys/kernel/split_lock_mitigate: 1; on the other: 0"],
      seen: "inferred",
      cost: unknownCost,
      remedy: advice(
        "live",
        "See whether dmesg speaks of split locks by its threads; if so, and if all who run there " +
          "are trusted: sysctl -w kernel.split_lock_mitigate=0.",
      ),
    });
  },
};
