import { guestName, guestUuid } from "../guest/name.ts";
import { functionsOf } from "../plan/plan.ts";
import type { Instance } from "./instance.ts";

/** What an Instance has that its plan does not lead to, and what it should have. */
export interface InstanceFault {
  readonly message: string;
  readonly expected: string;
}

/**
 * Compares an Instance with what a start or an adoption of its plan records; null where it agrees.
 * Its name and UUID are passed to other programs and become parts of paths, and the drivers of its
 * functions are changed, so none of them may be anything else. An adopted VM keeps its own UUID,
 * and belongs to libvirt.
 */
export function instanceFault(instance: Instance): InstanceFault | null {
  return identityFault(instance) ?? hypervisorFault(instance) ?? driversFault(instance);
}

function identityFault({ name, uuid, adopted, plan }: Instance): InstanceFault | null {
  const [own, id] = [guestName(plan.vm, plan.tenant), guestUuid(plan.vm, plan.tenant)];
  if (name === own && (adopted || uuid === id)) return null;
  return {
    message: "its name or UUID does not follow from its plan",
    expected: `the name ${own}${adopted ? "" : ` and the UUID ${id}`}`,
  };
}

function hypervisorFault({ via, uri, process, adopted }: Instance): InstanceFault | null {
  if (via === "libvirt") {
    if (process === null) return null;
    const expected = "no process, because libvirt keeps that record";
    return { message: "it records a process of libvirt", expected };
  }
  if (adopted) {
    const expected = "a VM of libvirt, since no other is adopted";
    return { message: "it is adopted and runs by QEMU alone", expected };
  }
  if (uri === null) return null;
  return { message: "it runs by QEMU alone and names a libvirt", expected: "no URI" };
}

function driversFault({ drivers, adopted, plan }: Instance): InstanceFault | null {
  const planned = new Set(adopted ? [] : plan.devices.flatMap(functionsOf));
  const seen = new Set<string>();
  for (const { address } of drivers) {
    if (!planned.has(address)) {
      const expected = adopted
        ? "none, since it is adopted"
        : "the functions of its plan's devices";
      return { message: `it has a driver of ${address}, which is not in its plan`, expected };
    }
    if (seen.has(address)) {
      return { message: `it has two drivers of ${address}`, expected: "one for each function" };
    }
    seen.add(address);
  }
  return null;
}
