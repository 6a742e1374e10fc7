import { advice } from "../../../remedy/remedy.ts";
import { unknownCost } from "../../../verify/verdict/check.ts";
import { judgeEach, judgeStates, nameOf } from "../../subject/accelerator-states.ts";
import type { Cause } from "../../subject/cause.ts";

/**
 * On a board with NVSwitches an accelerator registers with the fabric before CUDA starts on it
 * (else error 802), and its NVLinks work only once the partition of exactly these accelerators is
 * active. https://docs.nvidia.com/datacenter/tesla/fabric-manager-user-guide/
 */
export const partitionInactive: Cause = {
  code: "partition-inactive",
  layer: "fabric",
  looksFor: "an accelerator is not registered with the NVSwitch fabric",
  observable: "accelerators[].fabricState",
  readFrom: "nvidia-smi -q -x (fabric/state)",
  acquittedBy: "Completed, or N/A on a board without a fabric",
  followsFrom: [],
  judge: (subject) =>
    judgeStates(subject, (states) =>
      judgeEach(states, "the fabric", (state) => {
        const { fabricState } = state;
        if (fabricState === null) return null;
        if (!/^(?:In Progress|Not Started)$/.test(fabricState)) {
          return fabricState === "N/A" ? "no NVSwitch fabric" : `fabric: ${fabricState}`;
        }
        return {
          about: nameOf(state),
          expected: "fabric: Completed",
          found: `fabric: ${fabricState}`,
          evidence: [`nvidia-smi -q: Fabric State ${fabricState} of ${nameOf(state)}`],
          seen: "directly",
          cost: unknownCost,
          remedy: advice(
            "restart",
            "Let the fabric manager activate the partition of exactly these accelerators (by their module ids) before the VM starts; its version must be that of the guest's driver.",
          ),
        };
      }),
    ),
};
