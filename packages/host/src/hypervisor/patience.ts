import type { Clock } from "../clock/clock.ts";

/**
 * How long a command waits for hypervisors in all. A libvirt that has not answered within its time
 * once is not asked again.
 */
export interface Patience {
  /** What is left of a limit. */
  readonly leftOf: (limitMs: number) => number;
  readonly isSilent: (uri: string) => boolean;
  /** Notes that a libvirt has not answered within its time. */
  readonly noteSilent: (uri: string) => void;
}

/** How long a command that only reads waits for the answers of all hypervisors together. */
export const readingMs = 8000;

/** Each step has its own limit alone. */
export const endless: Patience = {
  leftOf: (limitMs) => limitMs,
  isSilent: () => false,
  noteSilent: () => undefined,
};

/** All steps together end within a time that begins now. */
export function patienceFor(totalMs: number, { monotonicMs }: Clock): Patience {
  const until = monotonicMs() + totalMs;
  const silent = new Set<string>();
  return {
    leftOf: (limitMs) => Math.min(limitMs, until - monotonicMs()),
    isSilent: (uri) => silent.has(uri),
    noteSilent: (uri) => void silent.add(uri),
  };
}
