import { once } from "node:events";
import { planOf } from "@evenkeel/core/testing/guest/plan-of.ts";
import { type Clock, systemClock } from "@evenkeel/host/clock/clock.ts";
import {
  emulatorStandIn,
  qemuInstance,
  type TestHost,
  testHost,
} from "@evenkeel/host/testing/vm-host.ts";
import { stopVm } from "@evenkeel/host/vm/stop.ts";
import { expect, test } from "vitest";

/** Somebody sets the machine's clock while a command waits for a guest. */

const hourMs = 3_600_000;
const shifts = { "an hour forwards": hourMs, "an hour backwards": -hourMs } as const;
const there = qemuInstance(planOf({ vm: "llm-a", cells: [{ cores: 1 }] }));

/** A clock that is set at every look at it, and goes forward only where somebody waits. */
function shiftedClock(shiftMs: number): Clock & { readonly waitedMs: () => number } {
  let date = Date.parse("2026-01-31T12:00:00.000Z");
  let waited = 0;
  return {
    now: () => new Date((date += shiftMs)),
    monotonicMs: () => waited,
    sleep: async (ms) => {
      waited += ms;
      if (waited > 300_000) throw new Error("it still waits after five minutes");
      // Processes end in real time.
      await systemClock.sleep(5);
    },
    waitedMs: () => waited,
  };
}

async function recordedHost(clock: Clock): Promise<TestHost> {
  const host = await testHost({ clock });
  await host.state.write(there);
  return host;
}

for (const [shift, shiftMs] of Object.entries(shifts)) {
  test(`a guest has its whole time to shut down with the clock set ${shift}`, async () => {
    const clock = shiftedClock(shiftMs);
    const host = await recordedHost(clock);
    await emulatorStandIn(there, host);
    const { kind } = await stopVm("llm-a", { timeoutMs: 60_000, force: false }, host);
    expect(kind).toBe("still-running");
    expect(clock.waitedMs()).toBe(60_000);
  });

  test(`QEMU is killed ten seconds after it was asked, with the clock set ${shift}`, async () => {
    const clock = shiftedClock(shiftMs);
    const host = await recordedHost(clock);
    const emulator = await emulatorStandIn(there, host, "process.on('SIGTERM', () => {});");
    const ended = once(emulator, "exit");
    const { kind } = await stopVm("llm-a", { timeoutMs: 0, force: true }, host);
    expect(kind).toBe("forced");
    expect((await ended)[1]).toBe("SIGKILL");
    expect(clock.waitedMs()).toBeGreaterThan(10_000);
    expect(clock.waitedMs()).toBeLessThan(60_000);
  });
}
