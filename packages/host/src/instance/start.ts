import { dirname } from "node:path";
import { EvenkeelError } from "@evenkeel/core/error/evenkeel-error.ts";
import type { Guest } from "@evenkeel/core/guest/guest.ts";
import type { Instance } from "@evenkeel/core/instance/instance.ts";
import type { Clock } from "../clock/clock.ts";
import type { StartJob, StartOptions } from "../hypervisor/hypervisor.ts";
import { hypervisorOf } from "./hypervisor-of.ts";
import { makePrivateFolder } from "../state/durable.ts";
import type { Lock } from "../state/lock.ts";
import { runFolder } from "../state/paths.ts";
import type { StateFolder } from "../state/state-folder.ts";
import { goOn, interruptible } from "../hypervisor/interruptible.ts";
import { removeFromHost } from "./undo.ts";

export interface InstanceStart {
  /** As recorded, in the phase `starting`. */
  readonly instance: Instance;
  /** The lock of the VM. The start releases it. */
  readonly lock: Lock;
  readonly guest: Guest;
  readonly options: StartOptions;
  readonly note: StartJob["note"];
  /** Gives the start up when it is aborted. */
  readonly signal: AbortSignal;
}

/** The VM runs; or the start failed, and the host is as it was before. */
export type InstanceStarted =
  | { readonly kind: "started"; readonly instance: Instance }
  | { readonly kind: "undone"; readonly failure: EvenkeelError };

/**
 * Starts a VM, or leaves the host as it was: what a failed or interrupted start has changed is
 * undone. Where even that fails, or this process is killed, the instance stays recorded as
 * `starting`, and the next command undoes it.
 *
 * A failure is one of `hypervisor-failed`, `device-unbindable`, `interrupted`, `state-unusable`.
 *
 * Errors: `hypervisor-failed` where the start failed and could not be undone.
 */
export async function startInstance(
  { instance, lock, guest, options, note, signal }: InstanceStart,
  state: StateFolder,
  clock: Clock,
): Promise<InstanceStarted> {
  const begin = async (): Promise<Instance> => {
    const folder = runFolder(state.paths, instance.uuid);
    await makePrivateFolder(dirname(folder));
    await makePrivateFolder(folder);
    const hypervisor = hypervisorOf(instance, state.paths, clock);
    const process = await hypervisor.start({ instance, guest, options, folder, note, signal });
    goOn(signal);
    const running: Instance = { ...instance, process, phase: "running" };
    await state.write(running);
    return running;
  };
  try {
    const stop = (): Promise<void> => removeFromHost(instance, state, clock);
    return { kind: "started", instance: await interruptible(begin, signal, stop) };
  } catch (error) {
    await undo(instance, state, clock, error);
    if (error instanceof EvenkeelError) return { kind: "undone", failure: error };
    throw error;
  } finally {
    await lock.release();
  }
}

async function undo(
  instance: Instance,
  state: StateFolder,
  clock: Clock,
  error: unknown,
): Promise<void> {
  try {
    await removeFromHost(instance, state, clock);
    await state.withFolderLock(() => state.remove(instance));
  } catch (second) {
    const [what, then] = [error, second].map((one) =>
      one instanceof Error ? one.message : String(one),
    );
    throw new EvenkeelError("hypervisor-failed", `${what}; and undoing it failed: ${then}`, {
      where: instance.name,
      expected: "a host as it was before",
      remedy: `mend what the message names; evenkeel stop ${instance.name} then undoes the rest`,
      cause: error,
    });
  }
}
