import type { PciDevice, Topology } from "../topology.ts";
import type { NameOf, TopologyDifference } from "./difference.ts";

/**
 * The changes of IOMMU groups: which functions share one, among the functions that both machines
 * have. The kernel's numbers of groups have no meaning (`names.ts`).
 */
export function iommuDifferences(a: Topology, b: Topology, name: NameOf): TopologyDifference[] {
  const current = new Map(b.pci.map((device) => [device.address, device]));
  const common = a.pci.flatMap((before) => {
    const after = current.get(before.address);
    return after === undefined ? [] : [{ before, after }];
  });
  const [peersBefore, peersAfter] = [
    peersOf(common.map(({ before }) => before)),
    peersOf(common.map(({ after }) => after)),
  ];
  return common.flatMap(({ before, after }): TopologyDifference[] => {
    const [was, is] = [peersBefore(before), peersAfter(after)];
    if (was === is) return [];
    const subject = name(before);
    const [now, then] = [sharingText(is), sharingText(was)];
    const message = `the IOMMU group of ${subject} is ${now}, it was ${then}`;
    const path = `pci[${before.address}].iommuGroup`;
    return [{ group: "devices", subject, path, before: was, after: is, lasting: true, message }];
  });
}

/** The other members of each function's group; `alone` without any, null where unknown. */
export function peersOf(functions: readonly PciDevice[]): (of: PciDevice) => string | null {
  const members = new Map<number, string[]>();
  for (const { address, iommuGroup } of functions) {
    if (iommuGroup === null) continue;
    members.set(iommuGroup, [...(members.get(iommuGroup) ?? []), address]);
  }
  return ({ address, iommuGroup }) => {
    if (iommuGroup === null) return null;
    const peers = (members.get(iommuGroup) ?? []).filter((other) => other !== address);
    return peers.length === 0 ? "alone" : peers.toSorted().join(" ");
  };
}

function sharingText(peers: string | null): string {
  if (peers === null) return "unknown";
  return peers === "alone" ? "its own" : `shared with ${peers}`;
}
