import { recover, type Recovered } from "../instance/recover.ts";
import type { VmHost } from "./host.ts";

/**
 * Works on the VMs of a host while every other command waits with its decisions. First, starts that
 * were cut off are undone, and stops that were cut off are completed; both are reported.
 *
 * Errors: `state-busy`, and those of the work.
 */
export function withHostLock<T>(
  { state, clock, progress }: VmHost,
  work: (recovered: readonly Recovered[]) => Promise<T>,
): Promise<T> {
  return state.withHostLock(async () => {
    const recovered = await recover(state, clock);
    await state.sweep();
    progress({ kind: "recovered", vms: recovered });
    return work(recovered);
  });
}
