import type { AcceleratorState } from "../../../evidence/machine-evidence.ts";
import { advice } from "../../../remedy/remedy.ts";
import { unknownCost } from "../../../verify/verdict/check.ts";
import {
  judgeEach,
  judgeStates,
  likeIn,
  nameOf,
  statesOf,
} from "../../subject/accelerator-states.ts";
import type { Cause } from "../../subject/cause.ts";

/**
 * NVLinks that are there and down, so that copies go over the rest of them or over PCI Express.
 *
 * Links that lead nowhere are down by right: those of a single accelerator in a fabric of its own,
 * and those of a card without all its bridges. So what counts is that another of the same product,
 * here or in the twin, has more, or that of several accelerators none has any up.
 * https://docs.nvidia.com/deploy/nvidia-smi/ ("nvlink -s": <inactive>)
 */
export const nvlinkInactive: Cause = {
  code: "nvlink-inactive",
  layer: "fabric",
  looksFor: "NVLinks of an accelerator are down",
  observable: "accelerators[].nvlinks.active",
  readFrom: "nvidia-smi nvlink -s",
  acquittedBy: "as many links up as other accelerators of the product have",
  followsFrom: ["partition-inactive"],
  judge: (subject, twin) =>
    judgeStates(subject, (states) =>
      judgeEach(states, "NVLink", (state) => {
        if (state.nvlinks === null) return null;
        const { active, total } = state.nvlinks;
        if (active === total) return total === 0 ? "no NVLink" : `all ${total} NVLinks are up`;
        const others = [...states.filter(sameProduct(state)), ...likeIn(twin, state)];
        const all = [...states, ...(twin === null ? [] : (statesOf(twin) ?? []))];
        const maybe = all.filter((one) => isNameless(state) !== isNameless(one));
        const most = mostActive(others);
        if (mostActive(maybe) > Math.max(most, active)) return null;
        const isAlone = states.length < 2 && most <= active;
        if (isAlone || (most <= active && active > 0)) {
          return `${active} of ${total} NVLinks are up, as many as others have`;
        }
        return {
          about: nameOf(state),
          expected: `${active === 0 && most === 0 ? total : most} of ${total} NVLinks up`,
          found: `${active} of ${total} NVLinks are up`,
          evidence: [`nvidia-smi nvlink -s: ${total - active} links of ${nameOf(state)} inactive`],
          seen: "directly",
          cost: unknownCost,
          remedy: advice(
            "host-reboot",
            "Look for NVLink errors (nvidia-smi nvlink -e, dmesg: Xid 74) and whether the fabric manager runs, then reset the GPUs; if links stay down, the board needs service.",
          ),
        };
      }),
    ),
};

function sameProduct({ productName }: AcceleratorState): (other: AcceleratorState) => boolean {
  return (other) => other.productName === productName;
}

const isNameless = ({ productName }: AcceleratorState): boolean => productName === null;

function mostActive(states: readonly AcceleratorState[]): number {
  return Math.max(0, ...states.flatMap(({ nvlinks }) => nvlinks?.active ?? []));
}
