import { existsSync } from "node:fs";
import { rm } from "node:fs/promises";
import { join } from "node:path";
import { optionValue } from "@evenkeel/core/guest/option-value.ts";
import { qemuCommand } from "@evenkeel/core/guest/qemu/command.ts";
import { EvenkeelError } from "@evenkeel/core/error/evenkeel-error.ts";
import { MiB } from "@evenkeel/core/unit/bytes.ts";
import type { Instance } from "@evenkeel/core/instance/instance.ts";
import type { Clock } from "../../clock/clock.ts";
import { goOn } from "../interruptible.ts";
import { emulatorOf } from "../../procfs/find-process.ts";
import { liveTree } from "../../tree/directory-tree.ts";
import { bindToVfio } from "../../vfio/drivers.ts";
import { hypervisorFailed } from "../failed.ts";
import type { DirectBoot, Hypervisor, Running, StartJob } from "../hypervisor.ts";
import type { Monitor } from "../../qmp/monitor.ts";
import { withMonitor } from "../../qmp/client.ts";
import { recordOf } from "../../qmp/parse.ts";
import { runProgram } from "../program.ts";
import { pinThreads } from "./threads.ts";

/** Allocating a terabyte of huge pages takes minutes. */
const startMs = 15 * 60_000;

const monitorIn = (folder: string): string => join(folder, "monitor");

/**
 * QEMU without libvirt: detached, with a monitor on a socket. This does what libvirt would do: it
 * binds devices to VFIO before the start, and pins threads while the guest still waits, so that the
 * guest first touches its memory where it stays.
 *
 * @param folderOf the folder for the files of a VM.
 */
export function qemuHypervisor(folderOf: (uuid: string) => string, clock: Clock): Hypervisor {
  return {
    start,
    state: ({ uuid }) => stateOf(uuid, folderOf(uuid)),
    shutdown: async ({ uuid }) => {
      await talk(folderOf(uuid), async (monitor) => void (await monitor.ask("system_powerdown")));
    },
    end: ({ uuid }) => end(uuid, clock),
    remove: ({ uuid }) => end(uuid, clock),
  };
}

async function start({ instance, guest, options, folder, signal }: StartJob): Promise<void> {
  bindToVfio(instance.drivers.map(({ address }) => address));
  await rm(monitorIn(folder), { force: true });
  const command = qemuCommand(guest, {
    ...options,
    monitor: monitorIn(folder),
    arguments: [
      "-serial",
      `file:${optionValue(join(folder, "console.log"))}`,
      ...bootArguments(options.boot ?? null),
      ...(options.arguments ?? []),
    ],
  });
  const detached = ["-daemonize", "-pidfile", join(folder, "pid")];
  const args = ["-c", command.threads.emulator, command.program, ...command.arguments, ...detached];
  const result = await runProgram("taskset", args, { timeoutMs: startMs, folder });
  if (result.status !== 0) throw hypervisorFailed(command.program, result);
  goOn(signal);
  const pid = emulatorOf(liveTree(), instance.uuid);
  if (pid === null) throw hypervisorFailed(command.program, { ...result, stderr: "it has ended" });
  await talk(folder, async (monitor) => {
    await pinThreads(pid, monitor, command.threads);
    goOn(signal);
    await monitor.ask("cont");
    const status = recordOf(await monitor.ask("query-status"))?.["status"];
    if (status === "running") return;
    throw hypervisorFailed(command.program, { ...result, stderr: `it is ${String(status)}` });
  });
}

/** Pinning takes one program per thread, and large guests have many. */
const monitorLimits = { timeoutMs: 120_000, lineBytes: 8 * MiB };

/** Talks to the monitor of a VM. Errors: `hypervisor-failed`, and those of the work. */
async function talk<T>(folder: string, work: (monitor: Monitor) => Promise<T>): Promise<T> {
  try {
    return await withMonitor(monitorIn(folder), work, monitorLimits);
  } catch (error) {
    if (error instanceof EvenkeelError) throw error;
    const stderr = error instanceof Error ? error.message : String(error);
    throw hypervisorFailed("QEMU's monitor", { status: null, stdout: "", stderr });
  }
}

function bootArguments(boot: DirectBoot | null): readonly string[] {
  if (boot === null) return [];
  return [
    "-kernel",
    boot.kernel,
    ...(boot.initrd === null ? [] : ["-initrd", boot.initrd]),
    ...(boot.append === null ? [] : ["-append", boot.append]),
  ];
}

async function stateOf(uuid: Instance["uuid"], folder: string): Promise<Running> {
  const pid = emulatorOf(liveTree(), uuid);
  if (pid === null) return { state: "gone", pid };
  try {
    const status = await withMonitor(monitorIn(folder), (monitor) => monitor.ask("query-status"));
    return { state: recordOf(status)?.["running"] === true ? "running" : "paused", pid };
  } catch {
    // The process is there, and that counts: somebody else may hold the monitor.
    return { state: "running", pid };
  }
}

/** The time for QEMU to end by itself, and for the kernel to free its memory. */
const politeMs = 10_000;
const freeingMs = 120_000;

/** Ends every QEMU with that UUID, and waits until memory and devices are free. */
async function end(uuid: string, { monotonicMs, sleep }: Clock): Promise<void> {
  const started = monotonicMs();
  for (let asked = false; ; await sleep(100)) {
    const pid = emulatorOf(liveTree(), uuid);
    if (pid === null) return;
    const elapsed = monotonicMs() - started;
    if (elapsed > freeingMs) {
      const result = { status: null, stdout: "", stderr: `process ${pid} does not end` };
      throw hypervisorFailed("QEMU", result);
    }
    send(pid, asked && elapsed > politeMs ? "SIGKILL" : asked ? null : "SIGTERM");
    asked = true;
  }
}

function send(pid: number, name: NodeJS.Signals | null): void {
  if (name === null || !existsSync(`/proc/${pid}`)) return;
  try {
    process.kill(pid, name);
  } catch {
    // It has ended meanwhile.
  }
}
