import { advice } from "../../../remedy/remedy.ts";
import { unknownCost } from "../../../verify/verdict/check.ts";
import { judgeEach, judgeStates, nameOf, statesOf } from "../../subject/accelerator-states.ts";
import { type Cause, irrelevant } from "../../subject/cause.ts";
import { byVersion } from "../../subject/versions.ts";

/**
 * Another driver schedules, copies and compiles otherwise, and one that is too old for the
 * program's libraries makes it fall back to something slow (github.com/ollama/ollama/issues/16415:
 * 535 where 570 is needed). Releases of one branch only mend faults. It is no fault either way.
 * Told of the older branch.
 */
export const driverDiffers: Cause = {
  code: "driver-differs",
  layer: "device",
  looksFor: "its accelerators have a driver of an older branch than the twin's",
  observable: "accelerators[].driverVersion",
  readFrom: "nvidia-smi -q -x (driver_version)",
  acquittedBy: "a driver of the same branch, or of a newer one",
  followsFrom: [],
  judge: (subject, twin) => {
    if (twin === null) return irrelevant;
    const theirs = (statesOf(twin) ?? []).flatMap(({ driverVersion }) => driverVersion ?? []);
    return judgeStates(subject, (states) => {
      const seen = new Set<string>();
      return judgeEach(states, "the driver, or not in both,", (state) => {
        const { driverVersion } = state;
        const newer = theirs.find(
          (one) => driverVersion !== null && byVersion(branchOf(driverVersion), branchOf(one)) < 0,
        );
        if (driverVersion === null || theirs.length === 0) return null;
        // One driver serves all GPUs of a machine: it is told once.
        if (newer === undefined || seen.has(driverVersion)) return `driver ${driverVersion}`;
        seen.add(driverVersion);
        return {
          about: nameOf(state),
          expected: `driver ${newer}, as the other has`,
          found: `driver ${driverVersion}`,
          evidence: [`nvidia-smi -q: Driver Version ${driverVersion}; on the other: ${newer}`],
          seen: "inferred",
          cost: unknownCost,
          remedy: advice(
            "host-reboot",
            `Give both the same driver, such as ${newer}, and see whether the program's log speaks of one that is too old.`,
          ),
        };
      });
    });
  },
};

/** `570` of `570.86.15`. */
function branchOf(version: string): string {
  return version.split(".", 1)[0] ?? version;
}
