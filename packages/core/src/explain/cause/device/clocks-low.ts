import type { AcceleratorState } from "../../../evidence/machine-evidence.ts";
import { advice } from "../../../remedy/remedy.ts";
import { isAtWork, judgeEach, judgeStates, nameOf } from "../../subject/accelerator-states.ts";
import type { Accusation, Cause } from "../../subject/cause.ts";
import type { Subject } from "../../subject/subject.ts";
import { clockCost, type ClockNow, clockNow } from "./clock-cost.ts";
import { isCapByDefault } from "./power-limit.ts";

/** A clock that differs by less is the same: samples and chips vary. */
const alike = 0.95;
/** Products seldom hold their maximum under load; below these shares of it a clock is stuck. */
const floor = { coreClock: 0.75, memoryClock: 0.85 } as const;

/**
 * Clocks that stay low while the accelerator works: stuck in a power state, limited by somebody, or
 * held down for a reason that the tool names (those causes come first). An accelerator with nothing
 * to do has low clocks by right, and few hold their maximum: the twin's clock is the better
 * measure, and a GPU at its own power limit is in order.
 */
export const clocksLow: Cause = {
  code: "clocks-low",
  layer: "device",
  looksFor: "an accelerator's clocks stay low while it works",
  observable: "accelerators[].{coreClock,memoryClock}.nowMHz",
  readFrom: "nvidia-smi -q -x (clocks, max_clocks, utilization, performance_state)",
  acquittedBy: "clocks as high as the twin's or near the maximum, or nothing to do",
  followsFrom: ["power-capped", "throttled-thermal", "throttled-hardware", "application-clocks"],
  judge: (subject, twin) =>
    judgeStates(subject, (states) =>
      judgeEach(states, "clocks or use", (state) => lookAt(state, twin)),
    ),
};

function lookAt(state: AcceleratorState, twin: Subject | null): Accusation | string | null {
  const working = isAtWork(state);
  if (working === false) return "it is idle, and its clocks are low by right";
  const core = clockNow("coreClock", state, twin);
  const memory = clockNow("memoryClock", state, twin);
  if (core === null) return null;
  const isByRight = core.by === "maximum" && isCapByDefault(state);
  const slowCore = isByRight || !isSlow(core, floor.coreClock) ? null : core;
  const slowMemory = memory !== null && isSlow(memory, floor.memoryClock) ? memory : null;
  if (slowCore === null && slowMemory === null) return `cores at ${core.nowMHz} MHz`;
  if (working === null) return null;
  const text = (clock: ClockNow | null, what: string): string[] =>
    clock === null ? [] : [`${what} at ${clock.nowMHz} of ${clock.ableMHz} MHz`];
  return {
    about: nameOf(state),
    expected: core.by === "twin" ? "the clocks of the twin" : "clocks near the maximum at work",
    found: [...text(slowCore, "cores"), ...text(slowMemory, "memory")].join(", "),
    evidence: [
      `nvidia-smi -q: SM ${core.nowMHz} MHz, utilization ${state.utilizationPercent ?? "?"} %, ${state.performanceState ?? "P?"}`,
      ...(state.throttleReasons ?? []).map((reason) => `nvidia-smi -q: ${reason} Active`),
    ],
    seen: "directly",
    cost: clockCost(state, twin),
    remedy: advice(
      "live",
      "Undo locked clocks (nvidia-smi -rgc, -rmc, -rac); if the state stays low at work, reset the GPU.",
    ),
  };
}

function isSlow({ nowMHz, ableMHz, by }: ClockNow, share: number): boolean {
  return nowMHz < ableMHz * (by === "twin" ? alike : share);
}
