import type { Subject } from "../subject/subject.ts";
import { inOrder, type Looked, notAsAsked, notConcerned, notLookedAt } from "./look.ts";
import { passedThrough } from "./passed-through.ts";

/**
 * Whether libvirt keeps a saved state of a VM that has devices passed through: started from it the
 * guest finds devices that know nothing of it. Migration and saving QEMU itself refuses while such
 * a device is there.
 */
export function savedState(subject: Subject): Looked {
  if (passedThrough(subject).length === 0) return notConcerned;
  const told = subject.evidence.shapes.flatMap(({ managedSave }) => managedSave ?? []);
  if (told.length === 0) return notLookedAt;
  return told.includes(true)
    ? notAsAsked("libvirt keeps a saved state of it: virsh managedsave-remove takes it away")
    : inOrder(
        "libvirt keeps no saved state of it; QEMU refuses to save or move devices that cannot be",
      );
}
