import { EvenkeelError } from "@evenkeel/core/error/evenkeel-error.ts";
import type { Instance } from "@evenkeel/core/instance/instance.ts";
import type { Clock } from "../clock/clock.ts";
import type { StateFolder } from "../state/state-folder.ts";
import { removeFromHost } from "./undo.ts";

/** A VM whose start or stop was cut off, and why it could not be mended; null if it was. */
export interface Recovered {
  readonly instance: Instance;
  readonly failure: EvenkeelError | null;
}

/**
 * Undoes starts that were cut off, and completes stops that were: an instance in one of these
 * phases whose lock nobody holds. Call it within `withHostLock`, before anything is decided. An
 * instance that cannot be undone now (its libvirt does not answer) keeps what it holds until the
 * next try.
 */
export async function recover(state: StateFolder, clock: Clock): Promise<readonly Recovered[]> {
  const cut = state.read().instances.filter(({ phase }) => phase !== "running");
  const recovered: Recovered[] = [];
  for (const instance of cut) {
    const lock = await state.lockInstance(instance.name);
    if (lock === null) continue;
    try {
      await removeFromHost(instance, state, clock);
      await state.remove(instance);
      recovered.push({ instance, failure: null });
    } catch (error) {
      if (!(error instanceof EvenkeelError)) throw error;
      recovered.push({ instance, failure: error });
    } finally {
      await lock.release();
    }
  }
  return recovered;
}
