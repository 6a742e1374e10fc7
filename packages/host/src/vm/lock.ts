import { EvenkeelError } from "@evenkeel/core/error/evenkeel-error.ts";
import type { LockedVm } from "../instance/recover.ts";
import type { Lock } from "../state/lock.ts";
import type { StateFolder } from "../state/state-folder.ts";
import { instanceNamed } from "./named.ts";

/**
 * Takes the lock of a VM; the caller releases it. Call it within `withFolderLock`.
 *
 * Errors: `vm-busy`.
 */
export async function vmLock(state: StateFolder, name: string): Promise<Lock> {
  const lock = await state.lockInstance(name);
  if (lock !== null) return lock;
  throw new EvenkeelError("vm-busy", "another command is starting or stopping it", {
    where: name,
    expected: "one command at a time",
    remedy: "wait for it to end",
  });
}

/**
 * Takes the lock of a recorded VM, and reads its record then: the command that held the lock before
 * may have changed it. Call it within `withFolderLock`. Errors: `vm-busy`, `vm-unknown`.
 */
export async function lockVm(state: StateFolder, name: string): Promise<LockedVm> {
  instanceNamed(name, state.read().instances);
  const lock = await vmLock(state, name);
  try {
    return { instance: instanceNamed(name, state.read().instances), lock };
  } catch (error) {
    await lock.release();
    throw error;
  }
}

/**
 * Works on a VM with its lock held. Call it within `withFolderLock`.
 *
 * Errors: `vm-busy`, and those of the work.
 */
export async function withVmLock(
  state: StateFolder,
  name: string,
  work: () => Promise<void>,
): Promise<void> {
  const lock = await vmLock(state, name);
  try {
    await work();
  } finally {
    await lock.release();
  }
}
