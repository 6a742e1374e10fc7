import { basename } from "node:path";
import { recover } from "../instance/recover.ts";
import { stopInstance, type Stopped, type StopOptions } from "../instance/stop.ts";
import { refuseDamaged } from "../state/state-folder.ts";
import type { VmHost } from "./host.ts";
import { lockVm } from "./lock.ts";
import { instanceCalled } from "./named.ts";

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
 * Errors: `vm-unknown`, `vm-busy`, `state-busy`, `state-damaged`, `state-unusable`,
 * `record-kept`, `hypervisor-failed`.
 */
export async function stopVm(
  asked: string,
  options: StopOptions,
  host: VmHost,
): Promise<StopOutcome> {
  const { state, clock, progress } = host;
  const { instances, damaged } = state.read();
  progress({ kind: "damaged", files: damaged });
  refuseDamaged({ damaged: damaged.filter(({ path }) => basename(path) === `${asked}.json`) });
  // Also where the VM turns out to be unknown: a start of it may have been cut off very early.
  await state.withFolderLock(() => state.sweep());
  const { name } = await instanceCalled(asked, instances, host);
  const locked = await state.withFolderLock(() => lockVm(state, name));
  const { instance, lock } = locked;
  if (instance.phase === "running") {
    const waiting = (): void => progress({ kind: "waiting", name, ...options });
    return { kind: await stopInstance(instance, lock, options, state, clock, { waiting }), name };
  }
  const vms = await recover([locked], state, clock);
  progress({ kind: "recovered", vms });
  for (const { failure } of vms) if (failure !== null) throw failure;
  return { kind: "stopped", name };
}
