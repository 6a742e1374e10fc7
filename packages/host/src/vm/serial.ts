import { EvenkeelError } from "@evenkeel/core/error/evenkeel-error.ts";
import { shellLine } from "@evenkeel/core/text/shell.ts";
import { hypervisorOf } from "../instance/hypervisor-of.ts";
import type { RecordedHost } from "./host.ts";
import { instanceCalled } from "./named.ts";

/**
 * Takes what a VM of QEMU alone has written to its serial console since the last call, at most the
 * last MiB of it. It is the guest's text, in which there may be anything. The VM may be asked for
 * by any name that it has.
 *
 * Errors: `vm-unknown`, `hypervisor-failed`, `usage` for a VM whose console libvirt has.
 */
export async function readConsole(asked: string, host: RecordedHost): Promise<string> {
  const { state, clock } = host;
  const instance = await instanceCalled(asked, state.read().instances, host);
  const text = await hypervisorOf(instance, state.paths, clock).console(instance);
  if (text !== null) return text;
  throw new EvenkeelError("usage", "libvirt has the console of this VM", {
    where: instance.name,
    expected: "a VM that was started with --via qemu",
    remedy: shellLine(["virsh", "console", instance.uuid]),
  });
}
