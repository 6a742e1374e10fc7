import { advice } from "../../../remedy/remedy.ts";
import { unknownCost } from "../../../verify/verdict/check.ts";
import type { FindingCost } from "../../../verify/verdict/verdict.ts";
import { accused, acquitted, type Cause, untold } from "../../subject/cause.ts";
import { highestKHz } from "../../subject/own-cpus.ts";
import type { Subject } from "../../subject/subject.ts";

/**
 * Without turbo a processor stays at its base frequency, often half of what it reaches while few
 * cores are busy. Some turn it off so that all runs are alike: then it is off on both.
 * https://docs.kernel.org/admin-guide/pm/intel_pstate.html, no_turbo; …/pm/cpufreq.html, boost
 */
export const turboOff: Cause = {
  code: "turbo-off",
  layer: "host",
  looksFor: "the processor may not run faster than its base frequency",
  observable: "machine.settings.turbo",
  readFrom: "/sys/devices/system/cpu/{intel_pstate/no_turbo,cpufreq/boost}",
  acquittedBy: "turbo on",
  followsFrom: [],
  judge: (subject, twin) => {
    const turbo = subject.machine?.settings.turbo ?? null;
    if (turbo === null) return untold("no file of the kernel's says whether turbo is on");
    if (turbo) return acquitted("turbo is on");
    return accused({
      about: "turbo",
      expected: "on",
      found: "off: the CPUs stay at their base frequency",
      evidence: ["/sys/devices/system/cpu: intel_pstate/no_turbo 1, or cpufreq/boost 0"],
      seen: "directly",
      cost: costOf(subject, twin),
      remedy: advice(
        "live",
        "Turn turbo on: write 0 to intel_pstate/no_turbo or 1 to cpufreq/boost, in " +
          "/sys/devices/system/cpu; where the file refuses, in the firmware's setup.",
      ),
    });
  },
};

/** The kernel lowers the highest frequency while turbo is off, so the twin's tells the ratio. */
function costOf(subject: Subject, twin: Subject | null): FindingCost {
  if (twin === null || twin.machine?.settings.turbo !== true) return unknownCost;
  const model = subject.topology?.machine.cpuModel ?? null;
  if (model === null || model !== twin.topology?.machine.cpuModel) return unknownCost;
  const [own, other] = [highestKHz(subject), highestKHz(twin)];
  if (own === null || other === null || own >= other) return unknownCost;
  return { slowdown: other / own, basis: "measured" };
}
