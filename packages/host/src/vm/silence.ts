import type { Patience } from "../hypervisor/patience.ts";
import type { RecordedHost } from "./host.ts";

/**
 * Reports that this host's libvirt has not answered in time. The VMs that run here are then known
 * by their processes alone, so one whose process is not seen is missing.
 */
export function reportSilence(
  patience: Patience,
  { libvirtUri, progress }: Pick<RecordedHost, "libvirtUri" | "progress">,
): void {
  if (patience.isSilent(libvirtUri)) progress({ kind: "silent", uri: libvirtUri });
}
