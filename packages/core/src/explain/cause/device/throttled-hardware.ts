import { advice } from "../../../remedy/remedy.ts";
import { judgeEach, judgeStates, nameOf } from "../../subject/accelerator-states.ts";
import type { Cause } from "../../subject/cause.ts";
import { clockCost } from "./clock-cost.ts";

/**
 * The board slows the accelerator down by a signal of its own, for want of power: a power brake by
 * the machine's management, a cable or a supply that fails. Heat is another cause
 * (throttled-thermal). https://docs.nvidia.com/deploy/nvidia-smi/ ("HW Power Brake Slowdown")
 */
export const throttledHardware: Cause = {
  code: "throttled-hardware",
  layer: "device",
  looksFor: "the board slows an accelerator down for want of power",
  observable: "accelerators[].throttleReasons (HW Power Brake Slowdown, HW Slowdown)",
  readFrom: "nvidia-smi -q -x (clocks_event_reasons)",
  acquittedBy: "neither reason active, or a thermal one beside HW Slowdown",
  followsFrom: [],
  judge: (subject, twin) =>
    judgeStates(subject, (states) =>
      judgeEach(states, "reasons for low clocks", (state) => {
        if (state.throttleReasons === null) return null;
        const isHot = state.throttleReasons.includes("HW Thermal Slowdown");
        const own = state.throttleReasons.filter(
          (reason) => reason.startsWith("HW Power Brak") || (reason === "HW Slowdown" && !isHot),
        );
        if (own.length === 0) return "not slowed down by the board";
        return {
          about: nameOf(state),
          expected: "no slowdown by the board",
          found: own.join(", "),
          evidence: own.map((reason) => `nvidia-smi -q: ${reason} Active`),
          seen: "directly",
          cost: clockCost(state, twin),
          remedy: advice(
            "live",
            "Look at the power supplies, the cables to the accelerator, and the power limits of the machine's management (BMC).",
          ),
        };
      }),
    ),
};
