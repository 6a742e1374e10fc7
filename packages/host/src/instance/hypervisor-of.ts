import type { Instance } from "@evenkeel/core/instance/instance.ts";
import type { Clock } from "../clock/clock.ts";
import { runFolder, type StatePaths } from "../state/paths.ts";
import type { Hypervisor } from "../hypervisor/hypervisor.ts";
import { endless, type Patience } from "../hypervisor/patience.ts";
import { libvirtHypervisor } from "../hypervisor/libvirt/libvirt.ts";
import { systemUri } from "../hypervisor/libvirt/virsh.ts";
import { qemuHypervisor } from "../hypervisor/qemu/qemu.ts";

/** The adapter for the hypervisor of an instance. */
export function hypervisorOf(
  { via, uri }: Pick<Instance, "via" | "uri">,
  paths: StatePaths,
  clock: Clock,
  patience: Patience = endless,
): Hypervisor {
  switch (via) {
    case "libvirt":
      return libvirtHypervisor(uri ?? systemUri, clock, patience);
    case "qemu":
      return qemuHypervisor((uuid) => runFolder(paths, uuid), clock, patience);
  }
}
