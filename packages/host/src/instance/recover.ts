import type { EvenkeelError } from "@evenkeel/core/error/evenkeel-error.ts";
import type { Instance } from "@evenkeel/core/instance/instance.ts";
import type { Clock } from "../clock/clock.ts";
import { patienceFor } from "../hypervisor/patience.ts";
import type { Lock } from "../state/lock.ts";
import type { StateFolder } from "../state/state-folder.ts";
import { eachVm } from "./each-vm.ts";
import { removeFromHost } from "./undo.ts";

/** A recorded VM whose lock this command holds. */
export interface LockedVm {
  readonly instance: Instance;
  readonly lock: Lock;
}

/** A VM whose start or stop was cut off, and why it could not be mended; null if it was. */
export interface Recovered {
  readonly instance: Instance;
  readonly failure: EvenkeelError | null;
}

/** The time for all recoveries together: a libvirt that hangs must not hold a command longer. */
const recoveryMs = 20_000;

/**
 * Locks the VMs whose start or stop was cut off: they are recorded in one of these phases, and
 * nobody holds their lock. Call it within `withHostLock`.
 */
export async function lockCutOff(state: StateFolder): Promise<readonly LockedVm[]> {
  const isCut = ({ phase }: Instance): boolean => phase !== "running";
  const names = state
    .read()
    .instances.filter(isCut)
    .map(({ name }) => name);
  if (names.length === 0) return [];
  const locks = await Promise.all(names.map((name) => state.lockInstance(name)));
  // The command that held a lock may have completed its start before it released it.
  const now = new Map(state.read().instances.map((instance) => [instance.name, instance]));
  const locked: LockedVm[] = [];
  for (const [i, name] of names.entries()) {
    const [lock, instance] = [locks[i] ?? null, now.get(name)];
    if (lock === null) continue;
    if (instance !== undefined && isCut(instance)) locked.push({ instance, lock });
    else await lock.release();
  }
  return locked;
}

/**
 * Undoes starts that were cut off, and completes stops that were, all at the same time and within
 * one deadline. A VM that cannot be undone by then (its libvirt does not answer) stays recorded and
 * keeps what it holds until the next try. This releases the locks.
 *
 * Call it outside `withFolderLock`, which it takes for the moment of removing a record: other
 * commands go on meanwhile.
 */
export async function recover(
  locked: readonly LockedVm[],
  state: StateFolder,
  clock: Clock,
): Promise<readonly Recovered[]> {
  const patience = patienceFor(recoveryMs, clock);
  const lockOf = new Map(locked.map(({ instance, lock }) => [instance, lock]));
  const instances = locked.map(({ instance }) => instance);
  const results = await eachVm(instances, patience, async (instance) => {
    const lock = lockOf.get(instance);
    try {
      await removeFromHost(instance, state, clock, patience);
      await state.withFolderLock(async () => {
        await state.remove(instance);
        // Its file is gone, so another change would be refused while the lock counts as held.
        await lock?.release();
      });
      return null;
    } finally {
      await lock?.release();
    }
  });
  return instances.map((instance, i) => ({ instance, failure: results[i] ?? null }));
}
