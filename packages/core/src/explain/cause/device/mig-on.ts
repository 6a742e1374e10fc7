import { advice } from "../../../remedy/remedy.ts";
import { unknownCost } from "../../../verify/verdict/check.ts";
import { judgeEach, judgeStates, likeIn, nameOf } from "../../subject/accelerator-states.ts";
import type { Cause } from "../../subject/cause.ts";

/**
 * An accelerator that is divided (MIG) gives a program a part of its cores and memory, and no
 * direct copies to others. Divided on purpose it is in order: it counts where the twin's is whole,
 * or where one subject has several. https://docs.nvidia.com/datacenter/tesla/mig-user-guide/
 */
export const migOn: Cause = {
  code: "mig-on",
  layer: "device",
  looksFor: "an accelerator is divided into MIG instances",
  observable: "accelerators[].migEnabled",
  readFrom: "nvidia-smi -q -x (mig_mode/current_mig)",
  acquittedBy: "MIG off, or divided in the twin too",
  followsFrom: [],
  judge: (subject, twin) =>
    judgeStates(subject, (states) =>
      judgeEach(states, twin === null ? "MIG" : "MIG here and in the twin", (state) => {
        if (state.migEnabled === null) return null;
        if (!state.migEnabled) return "MIG is off";
        const theirs = likeIn(twin, state).flatMap(({ migEnabled }) => migEnabled ?? []);
        if (twin !== null && theirs.length === 0) return null;
        const isTwinWhole = theirs.includes(false);
        const needsPeers = twin === null && subject.evidence.of !== "machine" && states.length > 1;
        if (!isTwinWhole && !needsPeers) return "divided by MIG on purpose";
        return {
          about: nameOf(state),
          expected: isTwinWhole
            ? "a whole accelerator, as the twin has"
            : "whole accelerators, which copy to each other",
          found: "MIG is on: a program gets a part of it, and no direct copies to others",
          evidence: [`nvidia-smi -q: MIG Mode of ${nameOf(state)} Enabled`],
          seen: "directly",
          cost: unknownCost,
          remedy: advice(
            "host-reboot",
            "Turn MIG off when nothing runs on it: nvidia-smi -mig 0, then reset the GPU.",
          ),
        };
      }),
    ),
};
