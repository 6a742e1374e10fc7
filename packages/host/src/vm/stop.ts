import { recover } from "../instance/recover.ts";
import { stopInstance, type Stopped, type StopOptions } from "../instance/stop.ts";
import type { VmHost } from "./host.ts";
import { lockVm } from "./lock.ts";
import { instanceNamed } from "./named.ts";

export interface StopOutcome {
  readonly kind: Stopped;
  /** The full name of the VM. */
  readonly name: string;
}

/**
 * Shuts a VM down and removes it from this host. If a start or stop of it was cut off earlier,
 * undoing or completing that is enough. Other VMs are left as they are, since stopping a VM waits
 * for no other.
 *
 * Errors: `vm-unknown`, `vm-busy`, `state-busy`, `state-unusable`, `record-kept`,
 * `hypervisor-failed`.
 */
export async function stopVm(
  asked: string,
  options: StopOptions,
  host: VmHost,
): Promise<StopOutcome> {
  const { state, clock, progress } = host;
  const locked = await state.withHostLock(async () => {
    const { instances, damaged } = state.read();
    progress({ kind: "damaged", files: damaged });
    return lockVm(state, instanceNamed(asked, instances).name);
  });
  const { instance, lock } = locked;
  const { name } = instance;
  if (instance.phase === "running") {
    return { kind: await stopInstance(instance, lock, options, state, clock), name };
  }
  const vms = await recover([locked], state, clock);
  progress({ kind: "recovered", vms });
  for (const { failure } of vms) if (failure !== null) throw failure;
  return { kind: "stopped", name };
}
