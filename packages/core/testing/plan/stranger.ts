import type { Holding } from "../../src/plan/holding.ts";

/** A VM that runs on a host without a plan. It holds nothing but what a test gives it. */
export function stranger(given: Partial<Holding> = {}): Holding {
  return { name: "router", pid: 4242, plan: null, vcpus: [], memory: [], devices: [], ...given };
}
