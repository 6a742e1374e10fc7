import { advice } from "../../../remedy/remedy.ts";
import { unknownCost } from "../../../verify/verdict/check.ts";
import { judgeEach, judgeStates, likeIn, nameOf } from "../../subject/accelerator-states.ts";
import { type Cause, irrelevant } from "../../subject/cause.ts";

/**
 * Error correction that only one of the two has. On GDDR memory it takes a part of the bandwidth
 * and of the memory; HBM has room for it and loses next to nothing. It is no fault, so this needs
 * the twin. https://docs.nvidia.com/deploy/nvidia-smi/ ("Ecc Mode")
 */
export const eccDiffers: Cause = {
  code: "ecc-differs",
  layer: "device",
  looksFor: "its memory corrects errors (ECC), that of its twin does not",
  observable: "accelerators[].eccEnabled",
  readFrom: "nvidia-smi -q -x (ecc_mode/current_ecc)",
  acquittedBy: "ECC as in the twin, or off",
  followsFrom: [],
  judge: (subject, twin) => {
    if (twin === null) return irrelevant;
    return judgeStates(subject, (states) =>
      judgeEach(states, "ECC here and in the twin", (state) => {
        if (state.eccEnabled === null) return null;
        if (!state.eccEnabled) return "ECC is off";
        const theirs = likeIn(twin, state).flatMap((one) => one.eccEnabled ?? []);
        if (theirs.length === 0) return null;
        if (!theirs.includes(false)) {
          return "ECC as in the twin";
        }
        return {
          about: nameOf(state),
          expected: "ECC off, as in the twin",
          found: "ECC on: on GDDR memory it takes a part of the bandwidth",
          evidence: [`nvidia-smi -q: Ecc Mode of ${nameOf(state)} Enabled`],
          seen: "inferred",
          cost: unknownCost,
          remedy: advice(
            "host-reboot",
            "Set both alike (nvidia-smi -e 0 or 1, then reset the GPU). Without ECC errors of the memory go unnoticed.",
          ),
        };
      }),
    );
  },
};
