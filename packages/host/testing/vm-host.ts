import { type ChildProcess, spawn } from "node:child_process";
import { join } from "node:path";
import { parseInstance } from "@evenkeel/contract/instance.ts";
import { guestFromPlan } from "@evenkeel/core/guest/from-plan.ts";
import type { Instance } from "@evenkeel/core/instance/instance.ts";
import type { Plan } from "@evenkeel/core/plan/plan.ts";
import { syntheticTopology } from "@evenkeel/core/topology/synthetic/build.ts";
import type { Topology } from "@evenkeel/core/topology/topology.ts";
import { onTestFinished } from "vitest";
import { type Clock, systemClock } from "../src/clock/clock.ts";
import { openState } from "../src/state/state-folder.ts";
import { readProcess } from "../src/procfs/process-record.ts";
import { liveTree } from "../src/tree/directory-tree.ts";
import type { Progress, VmHost } from "../src/vm/host.ts";
import { scratchFolder } from "./scratch.ts";

/** The time at which the clocks of tests begin. */
export const testTime = "2026-01-31T12:00:00.000Z";

/** A clock that waits by going forward at once. */
export function jumpingClock(): Clock {
  let at = Date.parse(testTime);
  return {
    now: () => new Date(at),
    monotonicMs: () => at,
    sleep: async (ms) => {
      at += ms;
    },
  };
}

/** A clock whose date is always the same and that really waits. */
const stoppedClock: Clock = { ...systemClock, now: () => new Date(testTime) };

/** A machine that nobody has: no start on it passes its preflight. */
export const testMachine: Topology = syntheticTopology(
  "package:2 core:8 thread:2 memory:64Gi distances:10/21",
  "two",
);

/** No libvirt answers at this address. */
export const deadLibvirt = "qemu+unix:///system?socket=/none";

export interface TestHost extends VmHost {
  /** Where its Instances lie. */
  readonly folder: string;
  /** What its operations have said so far. */
  readonly said: readonly Progress[];
}

/** This machine's processes with a state folder, a clock and a topology of the test's own. */
export async function testHost(given: Partial<VmHost> = {}): Promise<TestHost> {
  const folder = scratchFolder();
  const said: Progress[] = [];
  return {
    tree: liveTree,
    hostname: "two",
    libvirtUri: deadLibvirt,
    clock: stoppedClock,
    topology: async () => testMachine,
    progress: (step) => void said.push(step),
    state: await openState(folder, parseInstance, {
      libvirtUri: given.libvirtUri ?? deadLibvirt,
    }),
    ...given,
    folder: join(folder, "vms"),
    said,
  };
}

/** The record of a VM that QEMU alone runs. */
export function qemuInstance(plan: Plan, given: Partial<Instance> = {}): Instance {
  const { name, uuid } = guestFromPlan(plan);
  return {
    apiVersion: "evenkeel/v1",
    kind: "Instance",
    name,
    uuid,
    plan,
    via: "qemu",
    uri: null,
    phase: "running",
    process: null,
    adopted: false,
    startedAt: testTime,
    drivers: [],
    ...given,
  };
}

/**
 * A process that passes for the emulator of a VM, since it is recorded as that. It ends when it is
 * asked to, or with the test.
 *
 * @param before what it does first.
 */
export async function emulatorStandIn(
  instance: Instance,
  { state }: VmHost,
  before = "",
): Promise<ChildProcess> {
  const script = `${before} setTimeout(() => {}, 60_000); console.log('ready')`;
  const child = spawn(process.execPath, ["-e", script, "--", "-uuid", instance.uuid], {
    stdio: ["ignore", "pipe", "ignore"],
  });
  onTestFinished(() => void child.kill("SIGKILL"));
  await new Promise((resolve) => child.stdout.once("data", resolve));
  if (child.pid === undefined) throw new Error("the stand-in has not started");
  await state.write({ ...instance, process: readProcess(liveTree(), child.pid) });
  return child;
}
