import { rm } from "node:fs/promises";
import { join } from "node:path";
import { qemuCommand } from "@evenkeel/core/guest/qemu/command.ts";
import { userArguments } from "@evenkeel/core/guest/qemu/user.ts";
import { EvenkeelError } from "@evenkeel/core/error/evenkeel-error.ts";
import type { Instance, ProcessRecord } from "@evenkeel/core/instance/instance.ts";
import type { Clock } from "../../clock/clock.ts";
import { goOn } from "../interruptible.ts";
import { endQemu, pidFileIn, searchQemu, startedQemu } from "./process.ts";
import { devicePorts, isVgpu } from "@evenkeel/core/guest/guest.ts";
import { bindToVfio } from "../../vfio/drivers.ts";
import { hypervisorFailed } from "../failed.ts";
import { endless, type Patience } from "../patience.ts";
import type { DirectBoot, Hypervisor, Running, StartJob } from "../hypervisor.ts";
import type { Monitor } from "../../qmp/monitor.ts";
import { withMonitor } from "../../qmp/client.ts";
import { recordOf } from "../../qmp/parse.ts";
import type { ProgramResult } from "../program.ts";
import { consoleArguments, takeConsole } from "./console.ts";
import { launchQemu } from "./launch.ts";
import { qemuRelease } from "./release.ts";
import { emulatorUser, whyNoUser } from "./user.ts";
import { pinThreads } from "./threads.ts";

const monitorIn = (folder: string): string => join(folder, "monitor");

/**
 * QEMU without libvirt: detached, with a monitor on a socket. This does what libvirt would do: it
 * binds devices to VFIO before the start, and pins threads while the guest still waits, so that the
 * guest first touches its memory where it stays.
 *
 * @param folderOf the folder for the files of a VM.
 */
export function qemuHypervisor(
  folderOf: (uuid: string) => string,
  clock: Clock,
  patience: Patience = endless,
): Hypervisor {
  const end = (instance: Instance): Promise<void> =>
    endQemu(instance, folderOf(instance.uuid), clock, patience);
  return {
    start,
    state: (instance) => stateOf(instance, folderOf(instance.uuid)),
    console: ({ uuid }) => talk(folderOf(uuid), takeConsole),
    shutdown: async ({ uuid }) => {
      await talk(folderOf(uuid), async (monitor) => void (await monitor.ask("system_powerdown")));
    },
    end,
    remove: end,
  };
}

async function start(job: StartJob): Promise<ProcessRecord> {
  const { instance, guest, options, folder, note, signal } = job;
  const vgpus = devicePorts(guest.pci).flatMap(({ functions }) => functions.filter(isVgpu));
  const kept = new Set(vgpus.map(({ hostAddress }) => hostAddress));
  bindToVfio(instance.drivers.map(({ address }) => address).filter((one) => !kept.has(one)));
  await rm(monitorIn(folder), { force: true });
  const monitor = monitorIn(folder);
  const command = qemuCommand(guest, {
    ...options,
    monitor,
    arguments: [
      ...consoleArguments,
      ...bootArguments(options.boot ?? null),
      ...(options.arguments ?? []),
    ],
  });
  const { program, threads } = command;
  const user = emulatorUser();
  if (user === null) note(whyNoUser());
  const asUser = user === null ? [] : userArguments(user.name, await qemuRelease(program));
  const hasFilter = await launchQemu({
    cpus: threads.emulator,
    program,
    args: [...command.arguments, "-pidfile", pidFileIn(folder), ...asUser],
    user: user?.name ?? null,
    hasDevices: command.memlockBytes !== null,
    monitor,
    folder,
  });
  if (!hasFilter) note(`${program} runs without a filter of system calls, for it has none`);
  goOn(signal);
  // Once the monitor answers, QEMU has become the other user.
  const record = startedQemu(folder, monitor);
  if (record === null) throw hypervisorFailed(program, saying("it has ended"));
  if (user !== null && record.uid !== user.uid) {
    throw hypervisorFailed(program, saying(`it runs as user ${record.uid}, not ${user.uid}`));
  }
  await talk(folder, async (qmp) => {
    await pinThreads(record.pid, qmp, threads);
    goOn(signal);
    await qmp.ask("cont");
    const status = recordOf(await qmp.ask("query-status"))?.["status"];
    if (status === "running") return;
    throw hypervisorFailed(program, saying(`it is ${String(status)}`));
  });
  return record;
}

const saying = (stderr: string): ProgramResult => ({ status: null, stdout: "", stderr });

/** Pinning takes one program per thread, and large guests have many. */
const monitorLimits = { timeoutMs: 120_000 };

/** Talks to the monitor of a VM. Errors: `hypervisor-failed`, and those of the work. */
async function talk<T>(folder: string, work: (monitor: Monitor) => Promise<T>): Promise<T> {
  try {
    return await withMonitor(monitorIn(folder), work, monitorLimits);
  } catch (error) {
    if (error instanceof EvenkeelError) throw error;
    const stderr = error instanceof Error ? error.message : String(error);
    throw hypervisorFailed("QEMU's monitor", saying(stderr));
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

async function stateOf(instance: Instance, folder: string): Promise<Running> {
  const search = searchQemu(instance, folder);
  if (search.kind === "none") return { state: "gone", pid: null };
  if (search.kind === "ambiguous") return { state: "running", pid: null };
  const { pid } = search.process;
  try {
    const status = await withMonitor(monitorIn(folder), (monitor) => monitor.ask("query-status"));
    return { state: recordOf(status)?.["running"] === true ? "running" : "paused", pid };
  } catch {
    // The process is there, and that counts: somebody else may hold the monitor.
    return { state: "running", pid };
  }
}
