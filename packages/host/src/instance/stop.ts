import { EvenkeelError } from "@evenkeel/core/error/evenkeel-error.ts";
import type { Instance } from "@evenkeel/core/instance/instance.ts";
import { shellLine } from "@evenkeel/core/text/shell.ts";
import type { Clock } from "../clock/clock.ts";
import type { Hypervisor } from "../hypervisor/hypervisor.ts";
import { hypervisorOf } from "./hypervisor-of.ts";
import { instancePath } from "../state/paths.ts";
import type { Lock } from "../state/lock.ts";
import type { StateFolder } from "../state/state-folder.ts";
import { removeFromHost } from "./undo.ts";

export interface StopOptions {
  /** The time for the guest to shut down by itself. */
  readonly timeoutMs: number;
  /** Whether to end the VM when that time is over. */
  readonly force: boolean;
}

/** What a stop reports to while it runs. */
export interface StopReport {
  /** Called once, when the guest has not shut down within moments. */
  readonly waiting: () => void;
}

/** `stopped` by itself, `forced` when its time was over, or `still-running` then. */
export type Stopped = "stopped" | "forced" | "still-running";

/** A stop that says nothing for longer looks like one that hangs. */
const quietMs = 1000;

/** A guest whose firmware or kernel still starts misses the first presses of the power button. */
const pressAgainMs = 5000;

/**
 * Shuts a VM down and removes it from this host.
 *
 * Errors: `record-kept` where the VM is gone and the state folder cannot be written to;
 * `state-busy`, `hypervisor-failed`.
 *
 * @param lock the lock of the VM. This releases it.
 */
export async function stopInstance(
  instance: Instance,
  lock: Lock,
  options: StopOptions,
  state: StateFolder,
  clock: Clock,
  report: StopReport,
): Promise<Stopped> {
  try {
    const hypervisor = hypervisorOf(instance, state.paths, clock);
    const isDown = await shutDown(instance, hypervisor, options.timeoutMs, clock, report);
    if (!isDown && !options.force) return "still-running";
    await noteStopping(instance, state);
    await removeFromHost(instance, state, clock);
    await removeRecord(instance, state);
    return isDown ? "stopped" : "forced";
  } finally {
    await lock.release();
  }
}

/**
 * Records that the VM is being stopped. If the disk is full or read-only that fails, and the stop
 * goes on: ending a VM and giving its devices back needs no room. If it is cut off then, the record
 * says that the VM runs, and the next stop completes it.
 */
async function noteStopping(instance: Instance, state: StateFolder): Promise<void> {
  try {
    await state.write({ ...instance, phase: "stopping" });
  } catch (error) {
    if (!(error instanceof EvenkeelError) || error.code !== "state-unusable") throw error;
  }
}

async function removeRecord(instance: Instance, state: StateFolder): Promise<void> {
  try {
    await state.withFolderLock(() => state.remove(instance));
  } catch (error) {
    if (!(error instanceof EvenkeelError) || error.code !== "state-unusable") throw error;
    throw new EvenkeelError(
      "record-kept",
      `the VM is gone, and its record is not: ${error.message}`,
      {
        where: instancePath(state.paths, instance.name),
        expected: "a folder that may be written to",
        remedy: `make it writable, then ${shellLine(["evenkeel", "stop", instance.name])}`,
        cause: error,
      },
    );
  }
}

async function shutDown(
  instance: Instance,
  hypervisor: Hypervisor,
  timeoutMs: number,
  { monotonicMs, sleep }: Clock,
  { waiting }: StopReport,
): Promise<boolean> {
  const started = monotonicMs();
  let pressed = Number.NEGATIVE_INFINITY;
  let isQuiet = true;
  for (;;) {
    const { state } = await hypervisor.state(instance);
    if (state === "off" || state === "gone") return true;
    const elapsed = monotonicMs() - started;
    if (elapsed >= timeoutMs) return false;
    if (isQuiet && elapsed >= quietMs) {
      isQuiet = false;
      waiting();
    }
    if (elapsed - pressed >= pressAgainMs) {
      pressed = elapsed;
      // If it has ended meanwhile, the next look finds that.
      await hypervisor.shutdown(instance).catch(() => {});
    }
    await sleep(Math.min(500, timeoutMs - elapsed));
  }
}
