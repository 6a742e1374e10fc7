import type { Instance } from "@evenkeel/core/instance/instance.ts";
import type { StateView } from "../state/state-folder.ts";

/**
 * The VMs whose start or stop was cut off: they are recorded in one of these phases, and nobody
 * holds their lock. This changes nothing and waits for no lock.
 */
export async function cutOff(
  instances: readonly Instance[],
  state: StateView,
): Promise<readonly Instance[]> {
  const free: Instance[] = [];
  for (const instance of instances) {
    if (instance.phase !== "running" && (await state.isUnlocked(instance.name))) {
      free.push(instance);
    }
  }
  if (free.length === 0) return [];
  // A command may have released the lock because it has completed the start or stop meanwhile.
  const now = new Map(state.read().instances.map((instance) => [instance.name, instance]));
  return free.filter(({ name, phase }) => now.get(name)?.phase === phase);
}
