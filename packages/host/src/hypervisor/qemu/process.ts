import { join } from "node:path";
import type { Instance, ProcessRecord } from "@evenkeel/core/instance/instance.ts";
import type { Clock } from "../../clock/clock.ts";
import { findProcess, type Search } from "../../procfs/find-process.ts";
import { listensOn } from "../../procfs/listening.ts";
import { isRunning, pidInFile, readProcess } from "../../procfs/process-record.ts";
import { liveTree } from "../../tree/directory-tree.ts";
import { endless, type Patience } from "../patience.ts";
import { hypervisorFailed } from "../failed.ts";

/** The file in which a QEMU writes its process id. */
export const pidFileIn = (folder: string): string => join(folder, "pid");

/**
 * The process of a QEMU that was just started: it is in the PID file of the VM's folder, and it
 * listens on the monitor's socket. Null if there is none.
 */
export function startedQemu(folder: string, monitor: string): ProcessRecord | null {
  const tree = liveTree();
  const pid = pidInFile(tree, pidFileIn(folder));
  const record = pid === null ? null : readProcess(tree, pid);
  return record !== null && listensOn(tree, record.pid, monitor) ? record : null;
}

export function searchQemu({ uuid, process }: Instance, folder: string): Search {
  const pidFile = pidFileIn(folder);
  return findProcess(liveTree(), { name: null, uuid, record: process, pidFile });
}

/** The time for QEMU to end by itself, and for the kernel to free its memory. */
const politeMs = 10_000;
const freeingMs = 120_000;

/**
 * Ends the QEMU of a VM, and waits until memory and devices are free.
 *
 * Errors: `hypervisor-failed`, also where several processes could be the QEMU: none is ended then.
 */
export async function endQemu(
  instance: Instance,
  folder: string,
  { monotonicMs, sleep }: Clock,
  patience: Patience = endless,
): Promise<void> {
  const started = monotonicMs();
  const limitMs = patience.leftOf(freeingMs);
  for (let asked = false; ; await sleep(100)) {
    const search = searchQemu(instance, folder);
    if (search.kind === "none") return;
    if (search.kind === "ambiguous") {
      throw failed(`any of the processes ${search.pids.join(", ")} could be it; none is ended`);
    }
    const elapsed = monotonicMs() - started;
    if (elapsed > limitMs) throw failed(`process ${search.process.pid} does not end`);
    const name = asked && elapsed > politeMs ? "SIGKILL" : asked ? null : "SIGTERM";
    if (name !== null && search.record !== null) send(search.record, name);
    asked = true;
  }
}

/** Sends a signal unless the process has ended. Its id may belong to another one then. */
function send(record: ProcessRecord, name: NodeJS.Signals): void {
  if (!isRunning(liveTree(), record)) return;
  try {
    process.kill(record.pid, name);
  } catch {
    // It has ended meanwhile.
  }
}

const failed = (stderr: string): Error =>
  hypervisorFailed("QEMU", { status: null, stdout: "", stderr });
