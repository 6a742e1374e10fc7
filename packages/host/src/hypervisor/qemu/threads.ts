import { readdirSync } from "node:fs";
import type { QemuThreads } from "@evenkeel/core/guest/qemu/command.ts";
import type { Monitor } from "../../qmp/monitor.ts";
import { integerOf, recordsOf } from "../../qmp/parse.ts";
import { hypervisorFailed } from "../failed.ts";
import { runProgram } from "../program.ts";

/**
 * Keeps every thread of a QEMU that waits for `cont` to its CPUs. QEMU was started on the emulator's
 * CPUs, and threads inherit those of their maker, so what it starts later is in its place as well;
 * vCPUs and iothreads are moved by the numbers that the monitor tells.
 */
export async function pinThreads(pid: number, monitor: Monitor, pins: QemuThreads): Promise<void> {
  const vcpus = numbered(await monitor.ask("query-cpus-fast"), "cpu-index");
  const iothreads = numbered(await monitor.ask("query-iothreads"), "id");
  const wanted = new Map<number, string>();
  const keep = (thread: number | null | undefined, cpus: string, what: string): void => {
    if (thread == null) throw failed(`QEMU's monitor does not tell the thread of ${what}`);
    wanted.set(thread, cpus);
  };
  for (const { id, cpus } of pins.vcpus) keep(vcpus.get(`${id}`), cpus, `vCPU ${id}`);
  for (const { id, cpus } of pins.iothreads) {
    keep(iothreads.get(`iothread${id}`), cpus, `iothread ${id}`);
  }
  for (const name of readdirSync(`/proc/${pid}/task`)) {
    if (!wanted.has(Number(name))) wanted.set(Number(name), pins.emulator);
  }
  for (const [thread, cpus] of wanted) {
    const result = await runProgram("taskset", ["-pc", cpus, `${thread}`], { timeoutMs: 10_000 });
    // A worker of the emulator's may have ended since; those of the plan have not.
    const isGone = result.stderr.includes("No such process") && cpus === pins.emulator;
    if (result.status !== 0 && !isGone) throw hypervisorFailed("taskset", result);
  }
}

/** The most that the kernel numbers (PID_MAX_LIMIT). */
const THREAD_MAX = 2 ** 22;

/** The thread numbers in a list of the monitor's, by the field that names each. */
function numbered(list: unknown, name: string): ReadonlyMap<string, number | null> {
  return new Map(
    recordsOf(list).map((entry) => [
      String(entry[name]),
      integerOf(entry["thread-id"], THREAD_MAX),
    ]),
  );
}

const failed = (why: string): Error =>
  hypervisorFailed("QEMU", { status: null, stdout: "", stderr: why });
