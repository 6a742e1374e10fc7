import type { AcceleratorState } from "../../../evidence/machine-evidence.ts";
import { advice } from "../../../remedy/remedy.ts";
import { unknownCost } from "../../../verify/verdict/check.ts";
import {
  isAtWork,
  judgeEach,
  judgeStates,
  likeIn,
  nameOf,
} from "../../subject/accelerator-states.ts";
import type { Accusation, Cause } from "../../subject/cause.ts";
import type { Subject } from "../../subject/subject.ts";
import { clockCost, clockNow, clockText } from "./clock-cost.ts";
import { isCapByDefault, isCapped, isLimitLowered } from "./power-limit.ts";

/**
 * A power limit below the product's holds the clocks down: somebody lowered it, or the board's
 * management does for want of power. https://github.com/ashalliants/ninfer-3090/pull/72: cores at
 * 1,500 of 1,695 MHz; one of four V100 at 150 W of 300 W (Dell C4140).
 *
 * At the limit that it has from the factory every accelerator is that works hard: that is a cause
 * only where the twin's is at work, not held, and faster.
 */
export const powerCapped: Cause = {
  code: "power-capped",
  layer: "device",
  looksFor: "a power limit holds an accelerator's clocks down",
  observable: "accelerators[].power and throttleReasons (SW Power Cap)",
  readFrom: "nvidia-smi -q -x (gpu_power_readings, clocks_event_reasons)",
  acquittedBy: "the default limit, or a limit that is not reached",
  followsFrom: [],
  judge: (subject, twin) =>
    judgeStates(subject, (states) =>
      judgeEach(states, "its power limit", (state) => lookAt(state, twin)),
    ),
};

function lookAt(state: AcceleratorState, twin: Subject | null): Accusation | string | null {
  const [capped, lowered] = [isCapped(state), isLimitLowered(state)];
  if (capped === true) {
    if (isCapByDefault(state) && !isWorseThanTwin(state, twin)) {
      return "at its default power limit, as any that works hard";
    }
    return accusation(state, twin, "directly");
  }
  if (lowered === false) return "its power limit is the default";
  if (lowered === true && capped === false && isAtWork(state) === true) {
    return "its lowered power limit is not reached";
  }
  return lowered === true
    ? accusation(state, twin, "inferred")
    : capped === false
      ? "not held by its power limit"
      : null;
}

function accusation(
  state: AcceleratorState,
  twin: Subject | null,
  seen: Accusation["seen"],
): Accusation {
  const { limitWatts = null, defaultWatts = null, drawWatts = null } = state.power ?? {};
  const normal = defaultWatts === null ? "" : ` of ${defaultWatts} W by default`;
  const held = clockText(state.coreClock ?? {});
  const limit =
    limitWatts === null ? "held by its power limit" : `limited to ${limitWatts} W${normal}`;
  return {
    about: nameOf(state),
    expected:
      defaultWatts === null ? "no power limit in force" : `a power limit of ${defaultWatts} W`,
    found: `${limit}${seen === "inferred" || held === "" ? "" : `, which holds its cores at ${held}`}`,
    evidence: [
      `nvidia-smi -q: ${seen === "directly" ? "SW Power Cap Active, " : ""}draw ${drawWatts ?? "?"} W, limit ${limitWatts ?? "?"} W`,
    ],
    seen,
    cost: seen === "directly" ? clockCost(state, twin) : unknownCost,
    remedy: advice(
      "live",
      `Raise the limit where it was lowered (nvidia-smi -pl ${defaultWatts ?? "WATTS"}); if it falls again, the machine's management limits it: look at its power supplies and power settings.`,
    ),
  };
}

/** Whether the twin's is at work, not held, and clearly faster. */
function isWorseThanTwin(state: AcceleratorState, twin: Subject | null): boolean {
  const free = likeIn(twin, state).some((one) => isAtWork(one) === true && isCapped(one) === false);
  const clock = clockNow("coreClock", state, twin);
  return free && clock !== null && clock.by === "twin" && clock.nowMHz < 0.97 * clock.ableMHz;
}
