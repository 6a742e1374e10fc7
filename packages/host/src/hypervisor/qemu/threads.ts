import { readdirSync } from "node:fs";
import type { QemuThreads } from "@evenkeel/core/guest/qemu/command.ts";
import type { Monitor } from "../../qmp/monitor.ts";
import { integerOf, recordsOf } from "../../qmp/parse.ts";
import { hypervisorFailed } from "../failed.ts";
import { runProgram } from "../program.ts";

/**
 * Pins the threads of a QEMU that waits for `cont`. QEMU was started on the emulator's CPUs, and
 * threads inherit the CPUs of their creator, so that threads that start later are right as well.
 * vCPUs and iothreads are found by the thread ids in the monitor's answers.
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
    // A worker of the emulator may have ended meanwhile. vCPUs and iothreads do not end.
    const isGone = result.stderr.includes("No such process") && cpus === pins.emulator;
    if (result.status !== 0 && !isGone) throw hypervisorFailed("taskset", result);
  }
}

/** The largest thread id of the kernel (PID_MAX_LIMIT). */
const THREAD_MAX = 2 ** 22;

/** Thread ids in a list of the monitor, by the field that names each thread. */
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
