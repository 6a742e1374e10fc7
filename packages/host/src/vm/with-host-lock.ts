import { lockCutOff, recover, type Recovered } from "../instance/recover.ts";
import type { VmHost } from "./host.ts";

/**
 * Works on the VMs of a host while every other command waits with its decisions. First, starts that
 * were cut off are undone, and stops that were cut off are completed; both are reported. That takes
 * the locks of these VMs alone, so no other command waits for a hypervisor that hangs.
 *
 * Errors: `state-busy`, and those of the work.
 */
export async function withHostLock<T>(
  { state, clock, progress }: VmHost,
  work: () => Promise<T>,
): Promise<T> {
  const begin = async (vms: readonly Recovered[]): Promise<T> => {
    await state.sweep();
    progress({ kind: "recovered", vms });
    return work();
  };
  const first = await state.withHostLock(async () => {
    const cut = await lockCutOff(state);
    return cut.length > 0 ? { cut } : { result: await begin([]) };
  });
  if (first.cut === undefined) return first.result;
  const recovered = await recover(first.cut, state, clock);
  return state.withHostLock(() => begin(recovered));
}
