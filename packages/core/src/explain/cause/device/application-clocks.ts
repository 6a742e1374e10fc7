import { advice } from "../../../remedy/remedy.ts";
import { isAtWork, judgeEach, judgeStates, nameOf } from "../../subject/accelerator-states.ts";
import type { Cause } from "../../subject/cause.ts";
import { clockCost, clockText } from "./clock-cost.ts";

/**
 * Somebody limited the clocks of applications (`nvidia-smi -ac`), or the product's default limits
 * them below its maximum (P100, V100). The limit counts where the tool says that it is what holds
 * the clocks: on others it is set and has no effect. https://docs.nvidia.com/deploy/nvidia-smi/
 */
export const applicationClocks: Cause = {
  code: "application-clocks",
  layer: "device",
  looksFor: "a setting limits the clocks of applications",
  observable: "accelerators[].throttleReasons (Applications Clocks Setting)",
  readFrom: "nvidia-smi -q -x (clocks_event_reasons, applications_clocks)",
  acquittedBy: "the reason not active, or nothing to do",
  followsFrom: [],
  judge: (subject, twin) =>
    judgeStates(subject, (states) =>
      judgeEach(states, "reasons for low clocks", (state) => {
        if (state.throttleReasons === null) return null;
        const { nowMHz = null, maxMHz = null, applicationsMHz = null } = state.coreClock ?? {};
        const isActive = state.throttleReasons.some((reason) =>
          /^Applications? Clocks/.test(reason),
        );
        if (!isActive || isAtWork(state) === false) return "no setting holds its clocks";
        if (nowMHz !== null && maxMHz !== null && nowMHz >= maxMHz) return "at its highest clock";
        const limit = applicationsMHz === null ? "" : ` (set to ${applicationsMHz} MHz)`;
        return {
          about: nameOf(state),
          expected: maxMHz === null ? "no limit by a setting" : `up to ${maxMHz} MHz`,
          found: `held by the setting of application clocks at ${clockText(state.coreClock ?? {})}${limit}`,
          evidence: ["nvidia-smi -q: Applications Clocks Setting Active"],
          seen: "directly",
          cost: clockCost(state, twin),
          remedy: advice(
            "live",
            "Undo it with nvidia-smi -rac; where the default itself is low, set the highest of nvidia-smi -q -d SUPPORTED_CLOCKS with -ac.",
          ),
        };
      }),
    ),
};
