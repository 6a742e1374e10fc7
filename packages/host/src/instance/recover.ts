import { EvenkeelError } from "@evenkeel/core/error/evenkeel-error.ts";
import type { Instance } from "@evenkeel/core/instance/instance.ts";
import type { Clock } from "../clock/clock.ts";
import type { StateFolder } from "../state/state-folder.ts";
import { takeOff } from "./undo.ts";

/** A VM whose start or stop was cut off, and why it could not be undone; null where it was. */
export interface Recovered {
  readonly instance: Instance;
  readonly failure: EvenkeelError | null;
}

/**
 * Undoes every start, and ends every stop, that was cut off: those that are under way by their phase
 * while nobody holds their lock. To be called within `alone`, before anything is decided. One that
 * cannot be undone now (its libvirt does not answer) keeps what it holds until another try.
 */
export async function recover(state: StateFolder, clock: Clock): Promise<readonly Recovered[]> {
  const cut = state.read().instances.filter(({ phase }) => phase !== "running");
  const recovered: Recovered[] = [];
  for (const instance of cut) {
    const lock = await state.lockInstance(instance.name);
    if (lock === null) continue;
    try {
      await takeOff(instance, state, clock);
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
