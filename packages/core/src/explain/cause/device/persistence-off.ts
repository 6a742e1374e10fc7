import { advice } from "../../../remedy/remedy.ts";
import { unknownCost } from "../../../verify/verdict/check.ts";
import { judgeEach, judgeStates, likeIn, nameOf } from "../../subject/accelerator-states.ts";
import { type Cause, irrelevant } from "../../subject/cause.ts";

/**
 * Without persistence the driver forgets an accelerator when its last program ends, and the next
 * one waits for seconds until it is set up again; settings are lost too. A program that runs on
 * loses nothing, so this needs the twin. https://docs.nvidia.com/deploy/driver-persistence/
 */
export const persistenceOff: Cause = {
  code: "persistence-off",
  layer: "device",
  looksFor: "each program's start waits for an accelerator to be set up again, not so in its twin",
  observable: "accelerators[].persistence",
  readFrom: "nvidia-smi -q -x (persistence_mode)",
  acquittedBy: "persistence on, or off in the twin too",
  followsFrom: [],
  judge: (subject, twin) => {
    if (twin === null) return irrelevant;
    return judgeStates(subject, (states) =>
      judgeEach(states, "persistence here and in the twin", (state) => {
        if (state.persistence === null) return null;
        if (state.persistence) return "persistence is on";
        const theirs = likeIn(twin, state).flatMap((one) => one.persistence ?? []);
        if (theirs.length === 0) return null;
        if (!theirs.includes(true)) {
          return "persistence is off, as in the twin";
        }
        return {
          about: nameOf(state),
          expected: "persistence on, as in the twin",
          found: "persistence is off: programs start slowly",
          evidence: [`nvidia-smi -q: Persistence Mode of ${nameOf(state)} Disabled`],
          seen: "inferred",
          cost: unknownCost,
          remedy: advice(
            "live",
            "Run nvidia-persistenced, or nvidia-smi -pm 1, where the accelerator is used.",
          ),
        };
      }),
    );
  },
};
