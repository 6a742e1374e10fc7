import type { Instance } from "@evenkeel/core/instance/instance.ts";
import type { Clock } from "../clock/clock.ts";
import { endless, type Patience } from "../hypervisor/patience.ts";
import { hypervisorOf } from "./hypervisor-of.ts";
import type { StateFolder } from "../state/state-folder.ts";
import { restoreDrivers } from "../vfio/drivers.ts";

/**
 * Removes a VM from this host, in the reverse order of a start: first the process and definition of
 * the hypervisor, which frees the memory, then the drivers of the devices. It reads what to undo
 * from the instance and the host, not from a list of steps, so it is right after any step and can
 * be repeated. An adopted VM is only ended: its definition and drivers belong to whoever started
 * it.
 *
 * The caller holds the lock of the VM, and removes the instance afterwards.
 */
export async function removeFromHost(
  instance: Instance,
  { paths }: StateFolder,
  clock: Clock,
  patience: Patience = endless,
): Promise<void> {
  const hypervisor = hypervisorOf(instance, paths, clock, patience);
  if (instance.adopted) return hypervisor.end(instance);
  await hypervisor.remove(instance);
  restoreDrivers(instance.drivers);
}
