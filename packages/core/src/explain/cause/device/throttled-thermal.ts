import { advice } from "../../../remedy/remedy.ts";
import { judgeEach, judgeStates, nameOf } from "../../subject/accelerator-states.ts";
import type { Cause } from "../../subject/cause.ts";
import { clockCost } from "./clock-cost.ts";

/**
 * An accelerator that is too hot lowers its clocks: the driver does (SW), or the chip itself (HW,
 * to half or less). https://docs.nvidia.com/deploy/nvidia-smi/ ("Clocks Event Reasons")
 */
export const throttledThermal: Cause = {
  code: "throttled-thermal",
  layer: "device",
  looksFor: "an accelerator is too hot and slows itself down",
  observable: "accelerators[].throttleReasons (HW Thermal Slowdown, SW Thermal Slowdown)",
  readFrom: "nvidia-smi -q -x (clocks_event_reasons)",
  acquittedBy: "neither reason active",
  followsFrom: [],
  judge: (subject, twin) =>
    judgeStates(subject, (states) =>
      judgeEach(states, "reasons for low clocks", (state) => {
        if (state.throttleReasons === null) return null;
        const hot = state.throttleReasons.filter((reason) => /Thermal Slowdown/.test(reason));
        if (hot.length === 0) return "not too hot";
        const at = state.temperatureC === null ? "" : ` at ${state.temperatureC} °C`;
        return {
          about: nameOf(state),
          expected: "no thermal slowdown",
          found: `${hot.join(", ")}${at}`,
          evidence: hot.map((reason) => `nvidia-smi -q: ${reason} Active`),
          seen: "directly",
          cost: clockCost(state, twin),
          remedy: advice(
            "live",
            "Mend its cooling: air flow, fans, dust, the heat sink, the room.",
          ),
        };
      }),
    ),
};
