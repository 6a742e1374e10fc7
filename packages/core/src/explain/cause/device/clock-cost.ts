import type { AcceleratorState, AcceleratorClock } from "../../../evidence/machine-evidence.ts";
import { unknownCost } from "../../../verify/verdict/check.ts";
import type { FindingCost } from "../../../verify/verdict/verdict.ts";
import { isAtWork, likeIn } from "../../subject/accelerator-states.ts";
import type { Subject } from "../../subject/subject.ts";

/** A clock now, and what it could be: that of the twin at work, or the product's maximum. */
export interface ClockNow {
  readonly nowMHz: number;
  readonly ableMHz: number;
  /** Where `ableMHz` is from. */
  readonly by: "twin" | "maximum";
}

/**
 * The clock of the cores, or of the memory, beside what it could be. Few products hold their
 * maximum under load, so where the twin is at work its clock is the better measure. Null where too
 * little was told.
 */
export function clockNow(
  of: "coreClock" | "memoryClock",
  state: AcceleratorState,
  twin: Subject | null,
): ClockNow | null {
  const nowMHz = state[of]?.nowMHz ?? null;
  if (nowMHz === null || nowMHz === 0) return null;
  const theirs = likeIn(twin, state)
    .filter((one) => isAtWork(one) === true)
    .flatMap((one) => one[of]?.nowMHz ?? []);
  if (theirs.length > 0) return { nowMHz, ableMHz: Math.max(...theirs), by: "twin" };
  const maxMHz = state[of]?.maxMHz ?? null;
  return maxMHz === null ? null : { nowMHz, ableMHz: maxMHz, by: "maximum" };
}

/**
 * What low clocks cost, as the evidence has it: the ratio of the clocks, of the slower of cores and
 * memory. It bounds the slowdown from above, as no program waits for one of them alone. Unknown
 * where the accelerator does not work now.
 */
export function clockCost(state: AcceleratorState, twin: Subject | null): FindingCost {
  if (isAtWork(state) === false) return unknownCost;
  const clocks = (["coreClock", "memoryClock"] as const).flatMap(
    (of) => clockNow(of, state, twin) ?? [],
  );
  if (clocks.length === 0) return unknownCost;
  const ratios = clocks.map(({ nowMHz, ableMHz }) => ableMHz / nowMHz);
  return { slowdown: Math.max(1, ...ratios), basis: "measured" };
}

/** `1500 of 1980 MHz`; empty where the clock is unknown. */
export function clockText({ nowMHz = null, maxMHz = null }: Partial<AcceleratorClock>): string {
  if (nowMHz === null) return "";
  return maxMHz === null ? `${nowMHz} MHz` : `${nowMHz} of ${maxMHz} MHz`;
}
