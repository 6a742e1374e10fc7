import type { Instance } from "@evenkeel/core/instance/instance.ts";
import type { Clock } from "../clock/clock.ts";
import { hypervisorOf } from "./hypervisor-of.ts";
import type { StateFolder } from "../state/state-folder.ts";
import { restoreDrivers } from "../vfio/drivers.ts";

/**
 * Takes a VM off this host, in the reverse of the order in which a start brings it there: first the
 * hypervisor's process and definition, which gives memory back, then its devices' drivers. What it
 * does is read off the instance and the host as they are and not off a list of steps, so it is right
 * after any of them, and can be done again. Of an adopted VM only the process is ended: who started it
 * has its definition, and its devices' drivers, in hand.
 *
 * The caller holds the VM's lock, and removes the instance afterwards.
 */
export async function takeOff(
  instance: Instance,
  { paths }: StateFolder,
  clock: Clock,
): Promise<void> {
  const hypervisor = hypervisorOf(instance, paths, clock);
  if (instance.adopted) return hypervisor.end(instance);
  await hypervisor.remove(instance);
  restoreDrivers(instance.drivers);
}
