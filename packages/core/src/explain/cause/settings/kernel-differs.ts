import { advice } from "../../../remedy/remedy.ts";
import { unknownCost } from "../../../verify/verdict/check.ts";
import { accused, acquitted, type Cause, irrelevant, untold } from "../../subject/cause.ts";
import { byVersion } from "../../subject/versions.ts";

/**
 * Another kernel schedules, balances and translates otherwise. It is no fault; where all else is
 * alike it is what is left to try. Told of the older, which lacks what the newer has learnt.
 */
export const kernelDiffers: Cause = {
  code: "kernel-differs",
  layer: "host",
  looksFor: "its host runs an older kernel than the twin's",
  observable: "machine.settings.kernelRelease",
  readFrom: "/proc/sys/kernel/osrelease",
  acquittedBy: "the same release, or a newer one",
  followsFrom: [],
  judge: ({ machine }, twin) => {
    if (twin === null) return irrelevant;
    const own = machine?.settings.kernelRelease ?? null;
    const other = twin.machine?.settings.kernelRelease ?? null;
    if (own === null || other === null) return untold("the kernel's release was not read of both");
    if (byVersion(own, other) >= 0) return acquitted(`kernel ${own}`);
    return accused({
      about: "kernel",
      expected: `${other}, as on the other's host`,
      found: own,
      evidence: [`/proc/sys/kernel/osrelease: ${own}; on the other: ${other}`],
      seen: "inferred",
      cost: unknownCost,
      remedy: advice("host-reboot", `Run the same kernel on both hosts, such as ${other}.`),
    });
  },
};
