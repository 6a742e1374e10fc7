import { advice } from "../../../remedy/remedy.ts";
import { unknownCost } from "../../../verify/verdict/check.ts";
import { judgeEach, judgeStates, nameOf } from "../../subject/accelerator-states.ts";
import type { Cause } from "../../subject/cause.ts";

/** Products that are a part of a GPU: `NVIDIA H100-80C`, `GRID T4-4Q`. */
const virtual = /^GRID |-\d+[ABCQ](?:ME)?$/;

/**
 * A part of a GPU (vGPU) that found no licence works at full speed for 20 minutes, and then hardly
 * at all, or at a few frames a second, until it gets one.
 * https://docs.nvidia.com/ai-enterprise/release-8/latest/infra-software/vgpu/licensing.html
 */
export const vgpuUnlicensed: Cause = {
  code: "vgpu-unlicensed",
  layer: "device",
  looksFor: "a vGPU has no licence, and is slowed down some minutes after its start",
  observable: "accelerators[].licensed",
  readFrom: "nvidia-smi -q -x in the guest (vgpu_software_licensed_product/license_status)",
  acquittedBy: "a licence, or a whole GPU, which needs none",
  followsFrom: [],
  judge: (subject) =>
    judgeStates(subject, (states) =>
      judgeEach(states, "a licence", (state) => {
        const { licensed, productName } = state;
        if (licensed === true) return "its vGPU has a licence";
        if (licensed === null) {
          if (productName === null || virtual.test(productName)) return null;
          return "a whole GPU, which needs no licence";
        }
        return {
          about: nameOf(state),
          expected: "a licence for the vGPU",
          found: "no licence: some minutes after its start it is slowed down on purpose",
          evidence: ["nvidia-smi -q: vGPU Software Licensed Product, License Status: Unlicensed"],
          seen: "directly",
          cost: unknownCost,
          remedy: advice(
            "live",
            "See in the guest whether nvidia-gridd runs, has its token and reaches the licence server.",
          ),
        };
      }),
    ),
};
