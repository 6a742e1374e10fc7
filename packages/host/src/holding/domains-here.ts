import type { Instance } from "@evenkeel/core/instance/instance.ts";
import { describeDomains, type Domain, listDomains } from "../hypervisor/libvirt/domains.ts";
import type { Patience } from "../hypervisor/patience.ts";
import type { Emulator } from "./emulators.ts";

/**
 * The domains of libvirt; none where it does not answer. Only of those whose process cannot be read
 * here is the definition asked for, because the others are read by their processes.
 */
export async function domainsHere(
  instances: readonly Pick<Instance, "uuid">[],
  emulators: readonly Emulator[],
  patience: Patience,
  libvirtUri: string,
): Promise<readonly Domain[]> {
  const known = new Set(instances.map(({ uuid }) => uuid));
  const listed = await listDomains(libvirtUri, known, patience);
  if (listed === null) return [];
  const readable = emulators.filter((one) => one.isTrusted && one.files !== null);
  const seen = new Set(readable.map(({ uuid }) => uuid));
  const unseen = listed.filter(({ running, uuid }) => running && !seen.has(uuid));
  const described = (await describeDomains(libvirtUri, unseen, patience)) ?? [];
  return listed.map(
    (one) =>
      described.find(({ uuid }) => uuid === one.uuid) ?? { ...one, devices: [], definition: null },
  );
}
