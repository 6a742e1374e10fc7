import { spawn } from "node:child_process";
import { existsSync } from "node:fs";
import { setTimeout as sleep } from "node:timers/promises";
import { type Environment, systemEnvironment } from "../../machine/child-environment.ts";
import { withMonitor } from "../../qmp/client.ts";
import { MiB } from "@evenkeel/core/unit/bytes.ts";
import { hypervisorFailed } from "../failed.ts";
import type { ProgramResult } from "../program.ts";

/**
 * Starts a program that may lock memory without a limit: prlimit(1) of util-linux. What root may do
 * without it, another user may not: VFIO locks the guest's memory, also again once it runs.
 */
const lockingMemory = ["prlimit", "--memlock=unlimited:unlimited"];

/** Starts a program on some CPUs: taskset(1) of util-linux. */
const onCpus = ["taskset", "-c"];

/** Allocating a terabyte of huge pages takes minutes. */
const startMs = 15 * 60_000;

export interface Launch {
  /** The host CPUs of the emulator's threads. */
  readonly cpus: string;
  readonly program: string;
  readonly args: readonly string[];
  /** The user that it becomes before the guest runs; null to stay the caller's. */
  readonly user: string | null;
  /** Whether it passes devices through, and so locks memory. */
  readonly hasDevices: boolean;
  /** The socket of its monitor, which the arguments name too. */
  readonly monitor: string;
  readonly folder: string;
}

/**
 * What QEMU may not ask of the kernel once it runs: obsolete calls, more privileges, new processes,
 * and other CPUs or priorities, which are set from outside. Its `-daemonize` forks after this
 * filter is there, so it cannot be used.
 *
 * A QEMU that becomes another user does so after the filter is there, which therefore has to let
 * it change its user id. It has no privileges left afterwards with which it could do that again.
 */
function sandbox(user: string | null): readonly string[] {
  const elevating = user === null ? "deny" : "allow";
  const denied = `obsolete=deny,elevateprivileges=${elevating},spawn=deny,resourcecontrol=deny`;
  return ["-sandbox", `on,${denied}`];
}

/**
 * Starts QEMU as a process of its own that outlives this one, and waits until its monitor answers,
 * which it does once the memory is allocated. It runs under a filter of system calls if it was
 * built with one.
 *
 * Errors: `hypervisor-failed`.
 *
 * @returns whether there is a filter.
 */
export async function launchQemu(
  launch: Launch,
  caller: Environment = process.env,
): Promise<boolean> {
  const filtered = { ...launch, args: [...launch.args, ...sandbox(launch.user)] };
  const ended = await untilReady(filtered, caller);
  if (ended === null) return true;
  const hasNoFilter = /sandbox|seccomp/.test(ended.stderr);
  const again = hasNoFilter ? await untilReady(launch, caller) : ended;
  if (again !== null) throw hypervisorFailed(launch.program, again);
  return false;
}

/** How QEMU ended; null where it is ready. */
async function untilReady(launch: Launch, caller: Environment): Promise<ProgramResult | null> {
  const { cpus, program, args, user, hasDevices, monitor, folder } = launch;
  const limits = user !== null && hasDevices ? lockingMemory : [];
  const [first = "", ...words] = [...limits, ...onCpus, cpus, program, ...args];
  const child = spawn(first, words, {
    cwd: folder,
    env: systemEnvironment(caller),
    stdio: ["ignore", "ignore", "pipe"],
    detached: true,
  });
  const given = new AbortController();
  let stderr = "";
  child.stderr.setEncoding("utf8").on("data", (text: string) => {
    if (stderr.length < MiB) stderr += text;
  });
  const ended = new Promise<ProgramResult>((resolve) => {
    child.once("error", ({ message }) => resolve({ status: null, stdout: "", stderr: message }));
    child.once("close", (status) => resolve({ status, stdout: "", stderr }));
  });
  try {
    return await Promise.race([ended, answers(monitor, given.signal)]);
  } finally {
    given.abort();
    // What it says from now on is lost, so that a guest cannot fill anything with it.
    child.stderr.destroy();
    child.unref();
  }
}

/** Waits until the monitor answers: null. */
async function answers(monitor: string, givenUp: AbortSignal): Promise<ProgramResult | null> {
  const started = performance.now();
  const limits = { timeoutMs: startMs, lineBytes: MiB };
  while (!givenUp.aborted) {
    if (performance.now() - started > startMs) {
      const stderr = `its monitor did not answer within ${startMs / 1000} s`;
      return { status: null, stdout: "", stderr };
    }
    const isReady =
      existsSync(monitor) &&
      (await withMonitor(monitor, ({ ask }) => ask("query-status"), limits).then(
        () => true,
        () => false,
      ));
    if (isReady) return null;
    await sleep(20);
  }
  return null;
}
