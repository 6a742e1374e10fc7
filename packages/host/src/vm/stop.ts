import { stopInstance, type Stopped, type StopOptions } from "../instance/stop.ts";
import { withHostLock } from "./with-host-lock.ts";
import type { VmHost } from "./host.ts";
import { vmLock } from "./lock.ts";
import { instanceNamed } from "./named.ts";

export interface StopOutcome {
  readonly kind: Stopped;
  /** The full name of the VM. It is the name asked for where an earlier stop was completed. */
  readonly name: string;
}

/**
 * Shuts a VM down and removes it from this host. If a start or stop of it was cut off earlier,
 * undoing or completing that is enough.
 *
 * Errors: `vm-unknown`, `vm-busy`, `state-busy`, `state-unusable`, `record-kept`,
 * `hypervisor-failed`.
 */
export async function stopVm(
  name: string,
  options: StopOptions,
  host: VmHost,
): Promise<StopOutcome> {
  const { state, clock } = host;
  const begun = await withHostLock(host, async (recovered) => {
    const cut = recovered.find(
      ({ instance }) => instance.name === name || instance.plan.vm === name,
    );
    if (cut?.failure != null) throw cut.failure;
    if (cut !== undefined) return null;
    const { instances, damaged } = state.read();
    host.progress({ kind: "damaged", files: damaged });
    const instance = instanceNamed(name, instances);
    return { instance, lock: await vmLock(state, instance.name) };
  });
  if (begun === null) return { kind: "stopped", name };
  const { instance, lock } = begun;
  return { kind: await stopInstance(instance, lock, options, state, clock), name: instance.name };
}
