import { EvenkeelError } from "@evenkeel/core/error/evenkeel-error.ts";
import type { Instance } from "@evenkeel/core/instance/instance.ts";
import { endless, type Patience } from "../hypervisor/patience.ts";
import { hypervisorOf } from "../instance/hypervisor-of.ts";
import type { RecordedHost } from "./host.ts";

/**
 * Whether a recorded VM is off, as far as its hypervisor can tell: then there is nothing to check.
 */
export async function isOff(
  instance: Instance,
  { state, clock }: RecordedHost,
  patience: Patience = endless,
): Promise<boolean> {
  if (instance.phase !== "running") return false;
  try {
    const now = await hypervisorOf(instance, state.paths, clock, patience).state(instance);
    return now.state === "off" || now.state === "gone";
  } catch (error) {
    if (error instanceof EvenkeelError) return false;
    throw error;
  }
}
