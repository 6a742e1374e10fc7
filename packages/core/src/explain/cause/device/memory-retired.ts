import { advice } from "../../../remedy/remedy.ts";
import { unknownCost } from "../../../verify/verdict/check.ts";
import { judgeEach, judgeStates, nameOf } from "../../subject/accelerator-states.ts";
import type { Cause } from "../../subject/cause.ts";

/**
 * Memory with errors that waits to be taken out of use: until the GPU is reset, errors there are
 * corrected again and again, or end programs. Rows and pages that were replaced already cost
 * nothing. https://docs.nvidia.com/deploy/a100-gpu-mem-error-mgmt/
 */
export const memoryRetired: Cause = {
  code: "memory-retired",
  layer: "device",
  looksFor: "memory of an accelerator has errors and waits for a reset to be replaced",
  observable: "accelerators[].retired.pending",
  readFrom: "nvidia-smi -q -x (remapped_rows, retired_pages)",
  acquittedBy: "nothing pending, whatever was replaced before",
  followsFrom: [],
  judge: (subject) =>
    judgeStates(subject, (states) =>
      judgeEach(states, "retired memory", (state) => {
        if (state.retired === null) return null;
        const { count, pending } = state.retired;
        const replaced = `${count === 0 ? "none" : count} of its rows or pages replaced`;
        if (!pending) return `${replaced}, and nothing pending`;
        return {
          about: nameOf(state),
          expected: "no memory that waits to be replaced",
          found: `${replaced}, and more waits for a reset`,
          evidence: [
            `nvidia-smi -q: Pending Yes in Remapped Rows or Retired Pages of ${nameOf(state)}`,
          ],
          seen: "inferred",
          cost: unknownCost,
          remedy: advice(
            "host-reboot",
            "Reset the GPU (nvidia-smi -r, or reboot) when nothing runs on it; if errors return, have it replaced.",
          ),
        };
      }),
    ),
};
