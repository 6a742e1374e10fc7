import { setTimeout as wait } from "node:timers/promises";

/** The time, and waiting for it to pass. Callers pass a clock to every operation. */
export interface Clock {
  readonly now: () => Date;
  /**
   * Milliseconds since some fixed moment. Only these measure how long something takes: `now` jumps
   * when somebody sets the machine's clock.
   */
  readonly monotonicMs: () => number;
  /** Waits that long, or until the signal is aborted. */
  readonly sleep: (ms: number, signal?: AbortSignal) => Promise<void>;
}

/** This machine's clock. */
export const systemClock: Clock = {
  now: () => new Date(),
  monotonicMs: () => performance.now(),
  sleep: async (ms, signal) => {
    await wait(ms, undefined, signal === undefined ? {} : { signal }).catch((error: unknown) => {
      if (signal?.aborted !== true) throw error;
    });
  },
};
