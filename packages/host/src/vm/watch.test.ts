import { verify } from "@evenkeel/core/verify/verify.ts";
import type { VerdictChange } from "@evenkeel/core/verify/verdict/changes.ts";
import { asPlanned } from "@evenkeel/core/testing/evidence/as-planned.ts";
import { planOf } from "@evenkeel/core/testing/guest/plan-of.ts";
import { expect, test } from "vitest";
import { jumpingClock, qemuInstance, testHost, testTime } from "../../testing/vm-host.ts";
import { plannedInstance, readVmEvidence } from "./verify.ts";
import { watchVerdicts } from "./watch.ts";

const plan = planOf({ vm: "llm-a", cells: [{ cores: 1 }] });

test("a watch reports what changes, every so often by the given clock, until it is ended", async () => {
  const clock = jumpingClock();
  const controller = new AbortController();
  const times: string[] = [];
  const changes: VerdictChange[] = [];
  const good = asPlanned(plan);
  const looks = [good, { ...good, process: null }, { ...good, process: null }, good];
  const last = await watchVerdicts(
    async () => {
      times.push(clock.now().toISOString());
      const evidence = looks.shift() ?? good;
      if (looks.length === 0) controller.abort();
      return verify(plan, evidence);
    },
    { intervalMs: 10_000, signal: controller.signal, changed: (one) => void changes.push(one) },
    clock,
  );
  expect(times).toEqual([
    testTime,
    "2026-01-31T12:00:10.000Z",
    "2026-01-31T12:00:20.000Z",
    "2026-01-31T12:00:30.000Z",
  ]);
  expect(changes.filter(({ event }) => /hold/.test(event)).map(({ event }) => event)).toEqual([
    "holds",
    "does-not-hold",
    "holds",
  ]);
  expect(last.holds).toBe(true);
});

test("evidence has the host's name and the clock's time, and why there is no process", async () => {
  const host = await testHost();
  const planned = plannedInstance(qemuInstance(plan), host);
  const evidence = await readVmEvidence(planned, {}, host);
  expect(evidence).toMatchObject({ name: "llm-a", host: "two", takenAt: testTime, process: null });
  expect(evidence.unreadable).toContainEqual({
    what: "process",
    why: `no QEMU of root, of libvirt or of this user has the UUID ${planned.uuid} on its command line`,
  });
});
