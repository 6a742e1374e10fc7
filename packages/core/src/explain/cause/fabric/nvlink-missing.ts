import { advice } from "../../../remedy/remedy.ts";
import { unknownCost } from "../../../verify/verdict/check.ts";
import { judgeEach, judgeStates, likeIn, nameOf } from "../../subject/accelerator-states.ts";
import { type Cause, irrelevant } from "../../subject/cause.ts";

/**
 * The twin's accelerators of the same product have NVLink and these have none: no bridge is plugged
 * in, or the fabric is not given to the VM. Copies between accelerators then go over PCI Express. A
 * product that can have NVLink works without it as well, so this needs the twin.
 */
export const nvlinkMissing: Cause = {
  code: "nvlink-missing",
  layer: "fabric",
  looksFor: "its accelerators have no NVLink, those of its twin do",
  observable: "accelerators[].nvlinks.total",
  readFrom: "nvidia-smi nvlink -s",
  acquittedBy: "NVLinks, or a twin without any",
  followsFrom: [],
  judge: (subject, twin) => {
    if (twin === null) return irrelevant;
    return judgeStates(subject, (states) =>
      judgeEach(states, "NVLink", (state) => {
        if (state.nvlinks === null) return null;
        if (state.nvlinks.total > 0) return `${state.nvlinks.total} NVLinks each`;
        const theirs = likeIn(twin, state).flatMap(({ nvlinks }) => nvlinks?.total ?? []);
        const most = Math.max(0, ...theirs);
        if (most === 0) return "no NVLink, and none in the twin";
        return {
          about: nameOf(state),
          expected: `${most} NVLinks, as the twin's ${state.productName ?? "GPU"} has`,
          found: "no NVLink",
          evidence: [`nvidia-smi nvlink -s: no links of ${nameOf(state)}`],
          seen: "inferred",
          cost: unknownCost,
          remedy: advice(
            "host-reboot",
            "Plug in the NVLink bridge, or give the VM accelerators that have one.",
          ),
        };
      }),
    );
  },
};
