import { EvenkeelError } from "@evenkeel/core/error/evenkeel-error.ts";
import type { Instance } from "@evenkeel/core/instance/instance.ts";
import { shellLine } from "@evenkeel/core/text/shell.ts";
import { refuseDamaged } from "../state/state-folder.ts";
import { withHostLock } from "./with-host-lock.ts";
import type { VmHost } from "./host.ts";
import { withVmLock } from "./lock.ts";
import { instanceCalled, instanceNamed } from "./named.ts";

/**
 * Removes the record of an adopted VM, by any name that it has. The VM runs on.
 *
 * Errors: `usage`, `vm-unknown`, `vm-busy`, `state-busy`, `state-damaged`, `state-unusable`.
 */
export async function leaveVm(asked: string, host: VmHost): Promise<Instance> {
  const { state } = host;
  const found = state.read();
  refuseDamaged(found);
  // Also where the VM turns out to be unknown: an adoption may have been cut off very early.
  await state.withFolderLock(() => state.sweep());
  const { name } = await instanceCalled(asked, found.instances, host);
  return withHostLock(host, async () => {
    const instance = instanceNamed(name, state.read().instances);
    if (!instance.adopted) {
      throw new EvenkeelError("usage", "Evenkeel has started it", {
        where: instance.name,
        expected: "a VM that was adopted",
        remedy: shellLine(["evenkeel", "stop", instance.name]),
      });
    }
    await withVmLock(state, instance.name, () => state.remove(instance));
    return instance;
  });
}
