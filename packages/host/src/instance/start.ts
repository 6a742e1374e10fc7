import { EvenkeelError } from "@evenkeel/core/error/evenkeel-error.ts";
import type { Guest } from "@evenkeel/core/guest/guest.ts";
import type { Instance } from "@evenkeel/core/instance/instance.ts";
import type { StartOptions } from "../hypervisor/hypervisor.ts";
import { hypervisorOf } from "./hypervisor-of.ts";
import { makePrivateFolder } from "../state/durable.ts";
import type { Lock } from "../state/lock.ts";
import { runFolder } from "../state/paths.ts";
import type { StateFolder } from "../state/state-folder.ts";
import { goOn, interruptible } from "../hypervisor/interruptible.ts";
import { takeOff } from "./undo.ts";

/**
 * Brings a VM to run, or leaves the host as it was: whatever fails, and whatever interrupts it, is
 * undone before the error is told. Where even that fails, or this process is ended, the instance
 * stays as `starting`, and the next command undoes it.
 *
 * @param instance as written, in the phase `starting`.
 * @param lock the VM's, which this gives back.
 * @param signal gives the start up.
 *
 * Errors: `hypervisor-failed`, `device-unbindable`, `interrupted`, `state-unusable`.
 */
export async function startInstance(
  instance: Instance,
  lock: Lock,
  guest: Guest,
  options: StartOptions,
  state: StateFolder,
  signal: AbortSignal,
): Promise<Instance> {
  const begin = async (): Promise<Instance> => {
    const folder = runFolder(state.paths, instance.uuid);
    await makePrivateFolder(folder);
    const hypervisor = hypervisorOf(instance, state.paths);
    await hypervisor.start({ instance, guest, options, folder, signal });
    goOn(signal);
    const running: Instance = { ...instance, phase: "running" };
    await state.write(running);
    return running;
  };
  try {
    return await interruptible(begin, signal, () => takeOff(instance, state));
  } catch (error) {
    await undone(instance, state, error);
    throw error;
  } finally {
    await lock.release();
  }
}

async function undone(instance: Instance, state: StateFolder, error: unknown): Promise<void> {
  try {
    await takeOff(instance, state);
    await state.alone(() => state.remove(instance));
  } catch (second) {
    const [what, then] = [error, second].map((one) =>
      one instanceof Error ? one.message : String(one),
    );
    throw new EvenkeelError("hypervisor-failed", `${what}; and undoing it failed: ${then}`, {
      where: instance.name,
      expected: "a host as it was before",
      remedy: "mend what the message names; evenkeel list then undoes the rest",
      cause: error,
    });
  }
}
